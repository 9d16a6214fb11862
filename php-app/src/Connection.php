<?php
declare(strict_types=1);

namespace App;

/** One MySQL server: SQL with placeholders in, rows out. */
final class Connection
{
    private ?\PDO $pdo = null;

    public function __construct(
        public readonly string $name,
        private readonly string $host,
        private readonly \Closure $password,
        private readonly Timing $timing,
        private readonly int $readTimeoutS,
    ) {
    }

    /**
     * @param array<int|string, string|int|float|null> $values
     * @return list<array<string, mixed>>
     */
    public function rows(string $sql, array $values = []): array
    {
        return $this->run($sql, $values, static fn (\PDOStatement $done): array => $done->fetchAll());
    }

    /**
     * @param array<int|string, string|int|float|null> $values
     * @return array<string, mixed>|null
     */
    public function row(string $sql, array $values = []): ?array
    {
        return $this->rows($sql, $values)[0] ?? null;
    }

    /**
     * Run a write; return the number of changed rows.
     *
     * @param array<int|string, string|int|float|null> $values
     */
    public function write(string $sql, array $values = []): int
    {
        return $this->run($sql, $values, static fn (\PDOStatement $done): int => $done->rowCount());
    }

    public function lastId(): int
    {
        return (int) $this->pdo()->lastInsertId();
    }

    public function inTransaction(\Closure $action): mixed
    {
        $this->timing->measure('db', fn (): bool => $this->pdo()->beginTransaction());
        try {
            $result = $action($this);
            $this->timing->measure('db', fn (): bool => $this->pdo()->commit());
            return $result;
        } catch (\Throwable $error) {
            try {
                $this->pdo()->rollBack();
            } catch (\PDOException) {
                // The connection is gone, and the transaction with it.
            }
            throw $error;
        }
    }

    /** @param array<int|string, string|int|float|null> $values */
    private function run(string $sql, array $values, \Closure $result): mixed
    {
        $this->timing->dbAnswered($this->name);
        return $this->timing->measure('db', function () use ($sql, $values, $result): mixed {
            $statement = $this->pdo()->prepare($sql);
            foreach ($values as $name => $value) {
                $statement->bindValue(is_int($name) ? $name + 1 : $name, $value, is_int($value) ? \PDO::PARAM_INT : \PDO::PARAM_STR);
            }
            $statement->execute();
            return $result($statement);
        });
    }

    private function pdo(): \PDO
    {
        if ($this->pdo === null) {
            ini_set('mysqlnd.net_read_timeout', (string) $this->readTimeoutS);
            $this->pdo = new \PDO("mysql:host={$this->host};dbname=photos;charset=utf8mb4", 'app', ($this->password)(), [
                // Kept open by the Apache process and used again by its next request: 0.1 ms instead of 1 ms.
                \PDO::ATTR_PERSISTENT => true,
                // Prepared by the server itself: the values travel apart from the SQL, so that no escaping rule can be
                // got wrong, and integers come back as integers. It costs a second round trip per statement
                // (0.1 ms here); emulation would save it and is the usual choice where the database is far away.
                \PDO::ATTR_EMULATE_PREPARES => false,
                \PDO::ATTR_ERRMODE => \PDO::ERRMODE_EXCEPTION,
                \PDO::ATTR_DEFAULT_FETCH_MODE => \PDO::FETCH_ASSOC,
                \PDO::ATTR_TIMEOUT => 1, // seconds to connect
            ]);
        }
        return $this->pdo;
    }
}
