<?php
declare(strict_types=1);

namespace App;

/**
 * Cache-aside: look here first, ask the database on a miss, keep the answer for the next visitor.
 *
 * Stored are data, not pages. An entry is {"v": value, "s": unix time of its soft end}: fresh until then, and for as
 * long again a stale answer. Two things go wrong with the naive form, and both are handled here:
 *
 * Stampede. When a popular entry ends, every request would compute it at once. With the lock one request computes (only
 * the first "add" of the lock key succeeds); the others take the stale answer, or wait a moment for the new one.
 *
 * Old data comes back. Deleting an entry after a write leaves a window: a request that read the database before the
 * write, or reads a replica that lags, stores the old row again. So a write leaves a tombstone {"w": GTIDs} instead of
 * nothing: who finds it must read from a database that has those transactions, and an entry is stored only where nothing
 * has changed since the miss. (READ_YOUR_WRITES=off just deletes, and the old data can be seen coming back.)
 */
final readonly class Cache
{
    /** Raise it with the shape of the data: old and new code, side by side during a rolling update, then do not share. */
    private const string VERSION = 'v1:';
    private const int LOCK_S = 5;
    private const int TOMBSTONE_S = 60;
    private const int WAIT_STEPS = 15;
    private const int WAIT_STEP_US = 10_000;

    /** @param \Closure(int): void $sleepUs */
    public function __construct(
        private ?CacheBackend $backend,
        private Timing $timing,
        private bool $lock,
        private bool $tombstones,
        private \Closure $sleepUs,
    ) {
    }

    /**
     * The cached value of a key, else what $load returns.
     *
     * @param \Closure(string): mixed $load reads the database; gets the GTIDs that it must see ('' for none)
     */
    public function remember(string $key, int $ttlS, \Closure $load): mixed
    {
        if ($this->backend === null) {
            return $load('');
        }
        $key = self::VERSION . $key;
        [$entry, $version] = $this->fetch($key);
        if (self::isFresh($entry)) {
            $this->timing->cacheAnswered(true);
            return $entry['v'];
        }
        if ($this->lock) {
            $won = $this->timing->measure('cache', fn (): ?bool => $this->backend->add("lock:{$key}", 1, self::LOCK_S));
            if ($won === true) {
                try {
                    return $this->fill($key, $ttlS, $load, $entry, $version);
                } finally {
                    $this->timing->measure('cache', fn (): bool => $this->backend->delete("lock:{$key}"));
                }
            }
            if ($won === false) {
                $entry = self::hasValue($entry) ? $entry : $this->wait($key);
                if (self::hasValue($entry)) {
                    $this->timing->cacheAnswered(true, 'another request is renewing it');
                    return $entry['v'];
                }
                [$entry, $version] = $this->fetch($key);
            }
        }
        return $this->fill($key, $ttlS, $load, $entry, $version);
    }

    /** After a commit: these entries are wrong from now on. $gtids: what a reader's database must have ('' if any will do). */
    public function invalidate(string $gtids, string ...$keys): void
    {
        foreach ($keys as $key) {
            $this->timing->measure('cache', fn (): ?bool => $this->tombstones
                ? $this->backend?->set(self::VERSION . $key, ['w' => $gtids], self::TOMBSTONE_S)
                : $this->backend?->delete(self::VERSION . $key));
        }
    }

    /** @return array{array<string, mixed>, string|int|float|null} the entry ([] when absent) and its version */
    private function fetch(string $key): array
    {
        $found = $this->timing->measure('cache', fn (): ?array => $this->backend?->get($key));
        return is_array($found[0] ?? null) ? $found : [[], null];
    }

    /** @param array<string, mixed> $entry */
    private function fill(string $key, int $ttlS, \Closure $load, array $entry, string|int|float|null $version): mixed
    {
        $this->timing->cacheAnswered(false);
        $value = $load((string) ($entry['w'] ?? ''));
        $new = ['v' => $value, 's' => time() + $ttlS];
        // Neither form overwrites a tombstone that was set while we were reading.
        $this->timing->measure('cache', fn (): ?bool => $version === null
            ? $this->backend?->add($key, $new, 2 * $ttlS)
            : $this->backend?->replace($version, $key, $new, 2 * $ttlS));
        return $value;
    }

    /** Wait for the lock's winner, 150 ms at most. @return array<string, mixed> */
    private function wait(string $key): array
    {
        for ($step = 0; $step < self::WAIT_STEPS; $step++) {
            ($this->sleepUs)(self::WAIT_STEP_US);
            [$entry] = $this->fetch($key);
            if (self::hasValue($entry)) {
                return $entry;
            }
        }
        return [];
    }

    /** @param array<string, mixed> $entry */
    private static function hasValue(array $entry): bool
    {
        return array_key_exists('v', $entry);
    }

    /** @param array<string, mixed> $entry */
    private static function isFresh(array $entry): bool
    {
        return self::hasValue($entry) && ($entry['s'] ?? 0) > time();
    }
}
