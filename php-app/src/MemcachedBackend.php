<?php
declare(strict_types=1);

namespace App;

/** memcached nodes, the keys spread by ketama hashing over the node NAMES (so that other clients can find them). */
final readonly class MemcachedBackend implements CacheBackend
{
    private \Memcached $memcached;

    /** @param list<string> $nodes host names */
    public function __construct(array $nodes)
    {
        // A persistent connection pool, one per Apache process and list of nodes.
        $memcached = new \Memcached('cache:' . implode(',', $nodes));
        if ($memcached->getServerList() === []) {
            // Only for a fresh pool: addServers() on a kept one would append the nodes again at every request.
            $memcached->setOptions([
                \Memcached::OPT_LIBKETAMA_COMPATIBLE => true,
                \Memcached::OPT_BINARY_PROTOCOL => false,
                \Memcached::OPT_TCP_NODELAY => true,
                \Memcached::OPT_CONNECT_TIMEOUT => 200,      // ms
                \Memcached::OPT_POLL_TIMEOUT => 200,         // ms
                \Memcached::OPT_SEND_TIMEOUT => 200_000,     // us
                \Memcached::OPT_RECV_TIMEOUT => 200_000,     // us
                // A dead node leaves the ring after its first failure, is looked for again every 2 seconds, and a
                // store that hit it is sent to the next node. Without the limit of 1 the other options do nothing.
                \Memcached::OPT_SERVER_FAILURE_LIMIT => 1,
                \Memcached::OPT_REMOVE_FAILED_SERVERS => true,
                \Memcached::OPT_RETRY_TIMEOUT => 1,          // s
                \Memcached::OPT_DEAD_TIMEOUT => 2,           // s; the default is never to look for it again
                \Memcached::OPT_STORE_RETRY_COUNT => 2,
                // Readable by any language: JSON, not compressed.
                \Memcached::OPT_SERIALIZER => \Memcached::SERIALIZER_JSON_ARRAY,
                \Memcached::OPT_COMPRESSION => false,
            ]);
            $memcached->addServers(array_map(static fn (string $node): array => [$node, 11211], $nodes));
        }
        $this->memcached = $memcached;
    }

    public function get(string $key): ?array
    {
        $item = $this->memcached->get($key, null, \Memcached::GET_EXTENDED);
        return is_array($item) ? [$item['value'], $item['cas']] : null;
    }

    public function add(string $key, mixed $value, int $ttlS): ?bool
    {
        if ($this->memcached->add($key, $value, $ttlS)) {
            return true;
        }
        return $this->memcached->getResultCode() === \Memcached::RES_NOTSTORED ? false : null;
    }

    public function replace(string|int|float $version, string $key, mixed $value, int $ttlS): bool
    {
        return $this->memcached->cas($version, $key, $value, $ttlS);
    }

    public function set(string $key, mixed $value, int $ttlS): bool
    {
        return $this->memcached->set($key, $value, $ttlS);
    }

    public function delete(string $key): bool
    {
        return $this->memcached->delete($key);
    }

    public function increment(string $key, int $ttlS): int
    {
        // "add" then "incr": the text protocol has no increment with an initial value.
        if ($this->memcached->add($key, 1, $ttlS)) {
            return 1;
        }
        return (int) $this->memcached->increment($key);
    }

    public function decrement(string $key): bool
    {
        return $this->memcached->decrement($key) !== false;
    }

    /** The node that holds a key. */
    public function nodeOf(string $key): string
    {
        return (string) ($this->memcached->getServerByKey($key)['host'] ?? '');
    }

    /** Whether the cache can be used right now; with several nodes one of them may be missing. */
    public function answers(): bool
    {
        return $this->memcached->set('ready', 1, 10);
    }
}
