<?php
declare(strict_types=1);

namespace App\Tests;

use App\MemcachedBackend;

/** Ketama as any other client would write it: 40 MD5 digests of 4 points for each node NAME. */
$ketama = static function (string $key, array $nodes): string {
    $points = [];
    foreach ($nodes as $node) {
        for ($i = 0; $i < 40; $i++) {
            foreach (unpack('V4', md5("{$node}-{$i}", true)) ?: [] as $point) {
                $points[$point] = $node;
            }
        }
    }
    ksort($points);
    $hash = (unpack('V', md5($key, true)) ?: [])[1];
    foreach ($points as $point => $node) {
        if ($point >= $hash) {
            return $node;
        }
    }
    return reset($points);
};

return [
    'keys are on the node where every ketama client looks for them' => static function () use ($ketama): void {
        $nodes = ['cache-1', 'cache-2', 'cache-3'];
        $backend = new MemcachedBackend($nodes);
        $used = [];
        for ($i = 0; $i < 300; $i++) {
            same($ketama("photo:{$i}", $nodes), $backend->nodeOf("photo:{$i}"), "photo:{$i}");
            $used[$backend->nodeOf("photo:{$i}")] = true;
        }
        same(3, count($used));
    },
    'a pool that is used again does not collect its nodes twice' => static function (): void {
        new MemcachedBackend(['cache-1', 'cache-2']);
        new MemcachedBackend(['cache-1', 'cache-2']);
        same(2, count(new \Memcached('cache:cache-1,cache-2')->getServerList()));
    },
    'another list of nodes is another pool' => static function (): void {
        same('cache-9', new MemcachedBackend(['cache-9'])->nodeOf('anything'));
    },
    'nodes that do not answer: a miss and "unknown", not an exception' => static function (): void {
        $backend = new MemcachedBackend(['127.0.0.1']);
        same(null, $backend->get('k'));
        same(null, $backend->add('k', 1, 5));
        same(false, $backend->set('k', 1, 5));
        same(false, $backend->answers());
    },
];
