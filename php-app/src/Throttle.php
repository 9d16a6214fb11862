<?php
declare(strict_types=1);

namespace App;

/**
 * Slows down password guessing: at most 10 failures per account and address in 5 minutes.
 *
 * Counted in memcached where there is one. Without it each replica counts for itself (APCu), so N replicas allow N
 * times as many guesses: one more thing that changes when state is not shared.
 */
final readonly class Throttle
{
    public const int MAX_FAILURES = 10;
    public const int WINDOW_S = 300;

    public function __construct(private ?CacheBackend $backend, private string $secret)
    {
    }

    public function blocked(string $account, string $address): bool
    {
        $key = $this->key($account, $address);
        $count = $this->backend !== null ? ($this->backend->get($key)[0] ?? 0) : apcu_fetch($key);
        return (int) $count >= self::MAX_FAILURES;
    }

    public function failed(string $account, string $address): void
    {
        $key = $this->key($account, $address);
        if ($this->backend !== null) {
            $this->backend->increment($key, self::WINDOW_S);
        } else {
            apcu_inc($key, 1, $success, self::WINDOW_S);
        }
    }

    /** A keyed hash: the counters reveal neither names nor addresses. */
    private function key(string $account, string $address): string
    {
        return 'login:' . substr(hash_hmac('sha256', mb_strtolower($account) . "\n" . $address, $this->secret), 0, 32);
    }
}
