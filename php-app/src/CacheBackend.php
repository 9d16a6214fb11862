<?php
declare(strict_types=1);

namespace App;

/** The few operations that the cache needs; memcached in service, an array in the tests. */
interface CacheBackend
{
    /** @return array{mixed, string|int|float}|null the value and its version (for replace); null when absent */
    public function get(string $key): ?array;

    /** Store only if absent. True: stored. False: somebody was first. Null: the node does not answer. */
    public function add(string $key, mixed $value, int $ttlS): ?bool;

    /** Store only if nobody has stored since the version was read. */
    public function replace(string|int|float $version, string $key, mixed $value, int $ttlS): bool;

    public function set(string $key, mixed $value, int $ttlS): bool;

    public function delete(string $key): bool;

    /** Count up from 0; the count disappears ttlS seconds after it began. 0: the node does not answer. */
    public function increment(string $key, int $ttlS): int;

    /** Count down, not below 0; false: there is no such count, or the node does not answer. */
    public function decrement(string $key): bool;
}
