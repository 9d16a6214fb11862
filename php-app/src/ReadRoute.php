<?php
declare(strict_types=1);

namespace App;

/** The decision of every read: primary or replica? Pure, so that it can be tested without a database. */
final class ReadRoute
{
    /**
     * @param bool $hasReplica a replica is configured and was not found dead a moment ago
     * @param bool $wrote this request has written already
     * @param string $gtids transactions that the reader must see ('' for none)
     * @param \Closure(string): bool $caughtUp asks the replica, waiting briefly, whether it has them
     */
    public static function useReplica(bool $hasReplica, bool $readYourWrites, bool $wrote, string $gtids, \Closure $caughtUp): bool
    {
        if (!$hasReplica) {
            return false;
        }
        if (!$readYourWrites) {
            return true; // fast, and now and then the visitor's own comment is missing
        }
        if ($wrote) {
            return false;
        }
        return $gtids === '' || $caughtUp($gtids);
    }

    /**
     * Which server answers a request's reads: the index of a replica, or null for the primary.
     *
     * @param float $dice at least 0, less than 1: where on the line of all weights the choice falls, the primary's first
     */
    public static function pick(int $replicas, float $primaryWeight, float $replicaWeight, float $dice): ?int
    {
        $sum = $primaryWeight + $replicas * $replicaWeight;
        $place = $dice * $sum - $primaryWeight;
        return $replicas === 0 || $replicaWeight <= 0.0 || $place < 0 ? null : min($replicas - 1, (int) ($place / $replicaWeight));
    }

    /** Several GTID sets as one; MySQL itself joins overlapping parts. */
    public static function union(string ...$sets): string
    {
        return implode(',', array_unique(array_filter(array_map(static fn (string $set): string => str_replace("\n", '', $set), $sets))));
    }
}
