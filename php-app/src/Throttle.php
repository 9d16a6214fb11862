<?php
declare(strict_types=1);

namespace App;

/**
 * Slows down password guessing: at most 10 failures per account and address in 5 minutes.
 *
 * A place is taken before the password is looked at and given back unless it was wrong. So guesses that are sent all
 * at once are counted as well: whoever finds no place is refused without being looked at.
 *
 * Counted in memcached where there is one. Without it, or while it does not answer, each replica counts for itself
 * (APCu), so N replicas allow N times as many guesses: one more thing that changes when state is not shared.
 */
final readonly class Throttle
{
    public const int MAX_FAILURES = 10;
    public const int WINDOW_S = 300;

    public function __construct(private ?CacheBackend $backend, private string $secret)
    {
    }

    /** Take a place for one attempt; false: there is none. */
    public function enter(string $account, string $address): bool
    {
        $key = $this->key($account, $address);
        $count = $this->backend?->increment($key, self::WINDOW_S) ?? 0;
        if ($count === 0) {
            $count = (int) apcu_inc($key, 1, $success, self::WINDOW_S);
        }
        if ($count > self::MAX_FAILURES) {
            $this->leave($account, $address);
            return false;
        }
        return true;
    }

    /** Give the place back: the attempt was no failure. */
    public function leave(string $account, string $address): void
    {
        $key = $this->key($account, $address);
        $isThere = $this->backend?->decrement($key) ?? false;
        if (!$isThere && (int) apcu_fetch($key) > 0) {
            apcu_dec($key);
        }
    }

    /** A keyed hash: the counters reveal neither names nor addresses. */
    private function key(string $account, string $address): string
    {
        return 'login:' . substr(hash_hmac('sha256', mb_strtolower($account) . "\n" . $address, $this->secret), 0, 32);
    }
}
