<?php
declare(strict_types=1);

namespace App\Tests;

use App\ReadRoute;

$yes = static fn (string $gtids): bool => true;
$no = static fn (string $gtids): bool => false;
$unasked = static fn (string $gtids): bool => throw new \RuntimeException('the replica was asked to wait');

return [
    'no replica: the primary' => static fn () => same(false, ReadRoute::useReplica(false, true, false, '', $unasked)),
    'a guest reads from a replica without waiting' => static fn () => same(true, ReadRoute::useReplica(true, true, false, '', $unasked)),
    'who has written reads from a replica that has caught up' => static fn () => same(true, ReadRoute::useReplica(true, true, false, 'u:1-5', $yes)),
    'who has written reads from the primary while the replica lags' => static fn () => same(false, ReadRoute::useReplica(true, true, false, 'u:1-5', $no)),
    'reads after a write in the same request: the primary' => static fn () => same(false, ReadRoute::useReplica(true, true, true, '', $unasked)),
    'read-your-writes off: always the replica, behind or not' => static fn () => same(true, ReadRoute::useReplica(true, false, true, 'u:1-5', $unasked)),
    'without replicas the primary is picked' => static fn () => same(null, ReadRoute::pick(0, 0.3, 0.15, 0.99)),
    'the primary reads too, by its weight' => static function (): void {
        same(null, ReadRoute::pick(2, 0.3, 0.15, 0.0));
        same(null, ReadRoute::pick(2, 0.3, 0.15, 0.499));
        same(0, ReadRoute::pick(2, 0.3, 0.15, 0.501));
        same(0, ReadRoute::pick(2, 0.3, 0.15, 0.749));
        same(1, ReadRoute::pick(2, 0.3, 0.15, 0.751));
        same(1, ReadRoute::pick(2, 0.3, 0.15, 0.999999));
    },
    'a primary of weight 0 answers no reads' => static function (): void {
        same(0, ReadRoute::pick(2, 0.0, 1.0, 0.0));
        same(1, ReadRoute::pick(2, 0.0, 1.0, 0.999999));
    },
    'a replica of weight 0 answers none' => static fn () => same(null, ReadRoute::pick(2, 1.0, 0.0, 0.999999)),
    'GTID sets are joined; empty, equal and multi-line ones are tidied' => static function (): void {
        same('', ReadRoute::union('', ''));
        same('a:1-5', ReadRoute::union('a:1-5', '', 'a:1-5'));
        same('a:1-5,b:1-2,a:1-7', ReadRoute::union("a:1-5,\nb:1-2", 'a:1-7'));
    },
];
