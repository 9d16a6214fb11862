<?php
declare(strict_types=1);

namespace App;

/**
 * Writes go to the primary; reads to the primary and the replicas, each by its weight, one server for a whole request.
 *
 * A replica may be milliseconds or minutes behind. Who has just written should still see it ("read your writes"): after
 * a commit the session keeps the primary's GTID set, and a later read first asks the replica to wait for it, briefly;
 * if the replica cannot, the primary answers. (MySQL would send the GTID with the commit's reply, but PHP cannot read
 * it there, hence @@GLOBAL.gtid_executed: it may contain others' transactions too, which only makes the wait longer.)
 */
final class Database
{
    private const float WAIT_FOR_REPLICA_S = 0.1;
    private const int REPLICA_DEAD_S = 15;
    private const int REPLICA_ADDRESSES_S = 2;
    private const int DEADLOCK = 1213;
    private const int LOCK_WAIT_TIMEOUT = 1205;

    private readonly Connection $primary;
    private Connection|false|null $replica = null;
    private string $replicaAddress = '';
    /** @var array<string, true> GTID sets that this request's replica has been seen to have */
    private array $reached = [];
    private bool $behind = false;

    /** The primary's transactions after this request's last write; '' when it has not written (or nobody needs to know). */
    public string $written = '';
    private bool $wrote = false;

    /** @param \Closure(): string $sessionGtids what this visitor has written before; asked only when it matters */
    public function __construct(private readonly Config $config, private readonly Timing $timing, private readonly \Closure $sessionGtids)
    {
        $this->primary = $this->connection('primary', $config->dbPrimary, 12);
    }

    /**
     * Read from the right server; a replica that fails is replaced by the primary at once.
     *
     * @template T
     * @param \Closure(Connection): T $query
     * @return T
     */
    public function read(\Closure $query, string $gtids = ''): mixed
    {
        try {
            $replica = $this->replica();
            $needed = $replica && $this->config->readYourWrites ? ReadRoute::union(($this->sessionGtids)(), $gtids) : '';
            if ($replica && ReadRoute::useReplica(true, $this->config->readYourWrites, $this->wrote, $needed, fn (string $set): bool => $this->caughtUp($replica, $set))) {
                return $query($replica);
            }
        } catch (\PDOException $error) {
            error_log("replica {$this->replicaAddress} left out for a while: {$error->getMessage()}");
            apcu_store("db:dead:{$this->replicaAddress}", true, self::REPLICA_DEAD_S);
            $this->replica = false;
        }
        return $query($this->primary);
    }

    /**
     * Write in one transaction on the primary; deadlocks are tried again, as MySQL asks for.
     *
     * @template T
     * @param \Closure(Connection): T $action
     * @return T
     */
    public function write(\Closure $action): mixed
    {
        for ($attempt = 1; ; $attempt++) {
            try {
                $result = $this->primary->inTransaction($action);
                break;
            } catch (\PDOException $error) {
                if ($attempt === 3 || !in_array($error->errorInfo[1] ?? 0, [self::DEADLOCK, self::LOCK_WAIT_TIMEOUT], true)) {
                    throw $error;
                }
            }
        }
        $this->wrote = true;
        if ($this->config->readYourWrites && $this->config->dbReplicas !== '') {
            $this->written = (string) ($this->primary->row('SELECT @@GLOBAL.gtid_executed AS gtids')['gtids'] ?? '');
        }
        return $result;
    }

    /** Reads that decide about a write or a login: always the newest state. */
    public function primary(): Connection
    {
        return $this->primary;
    }

    private function caughtUp(Connection $replica, string $gtids): bool
    {
        if (!$this->behind && !isset($this->reached[$gtids])) {
            $answer = $replica->row('SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) AS missing', [$gtids, self::WAIT_FOR_REPLICA_S]);
            // 0: has them all; 1: some are still missing after the timeout, and a page waits only once.
            $this->behind = ($answer['missing'] ?? 1) !== 0;
            $this->reached[$gtids] = true;
        }
        return !$this->behind;
    }

    /** This request's replica; false when the primary was chosen, or is all there is. */
    private function replica(): Connection|false
    {
        if ($this->replica === null) {
            $addresses = $this->config->dbReplicas === '' ? [] : $this->addresses();
            $alive = array_values(array_filter($addresses, static fn (string $address): bool => !apcu_exists("db:dead:{$address}")));
            $chosen = ReadRoute::pick(count($alive), $this->config->primaryReadWeight, $this->config->replicaReadWeight, random_int(0, 999_999) / 1_000_000);
            if ($chosen === null) {
                return $this->replica = false;
            }
            $this->replicaAddress = $alive[$chosen];
            $this->replica = $this->connection($this->nameOf($this->replicaAddress), $this->replicaAddress, 2);
        }
        return $this->replica;
    }

    /** @return list<string> all addresses behind the replicas' common name, looked up every two seconds */
    private function addresses(): array
    {
        $cached = apcu_fetch('db:replicas');
        if (is_array($cached)) {
            return $cached;
        }
        $addresses = gethostbynamel($this->config->dbReplicas) ?: [];
        apcu_store('db:replicas', $addresses, self::REPLICA_ADDRESSES_S);
        return $addresses;
    }

    /** What the replica calls itself, such as db-replica-2: for the X-DB header. */
    private function nameOf(string $address): string
    {
        $name = apcu_fetch("db:name:{$address}");
        if (!is_string($name)) {
            $name = (string) ($this->connection('db-replica', $address, 2)->row('SELECT @@report_host AS name')['name'] ?? '') ?: "db-replica {$address}";
            apcu_store("db:name:{$address}", $name, 5);
        }
        return $name;
    }

    private function connection(string $name, string $host, int $readTimeoutS): Connection
    {
        return new Connection($name, $host, fn (): string => $this->config->secret('db_app_password'), $this->timing, $readTimeoutS);
    }
}
