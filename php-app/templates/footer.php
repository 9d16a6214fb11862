<?php
$ms = array_map(static fn (float $value): string => number_format($value, 1) . ' ms', $timing->values());
$cacheSays = match ($timing->cache) {
    'hit' => 'hit',
    'miss' => 'miss',
    default => $config->caching ? 'not used' : 'off',
};
?>
<footer class="topology">
  <details>
    <summary>
      <span><i>served by</i> <b><?= $e($config->replica) ?></b></span>
      <span><i>cache</i> <b class="cache-<?= $e($timing->cache) ?>"><?= $e($cacheSays) ?></b></span>
      <span><i>database</i> <b><?= $e($timing->db) ?></b></span>
      <span><i>in</i> <b><?= $e($ms['total']) ?></b></span>
    </summary>
    <dl>
      <dt>Sessions</dt>
      <dd><?= $config->sessions === 'files' ? 'files on this replica: another replica does not know you' : 'in memcached: every replica knows you' ?></dd>
      <dt>Pictures</dt>
      <dd><?= $config->store === 'local' ? 'on this replica’s disk: an upload is missing on the others' : 'in the object store, with addresses signed for an hour' ?></dd>
      <dt>Cache</dt>
      <dd><?= $config->caching ? 'cache-aside over ' . $e(count($config->cacheNodes)) . ' node(s), stampede lock ' . ($config->stampedeLock ? 'on' : 'off') : 'off: every page asks the database' ?><?= $timing->cacheDetail === '' ? '' : '; ' . $e($timing->cacheDetail) ?></dd>
      <dt>Database</dt>
      <dd><?= $config->dbReplicas === '' ? 'one primary for everything' : 'reads from replicas, writes to the primary, read-your-writes ' . ($config->readYourWrites ? 'on' : 'off') ?></dd>
      <dt>This page</dt>
      <dd>work <?= $e($ms['work']) ?>, CPU <?= $e($ms['cpu']) ?>; waited for database <?= $e($ms['db']) ?>, cache <?= $e($ms['cache']) ?>, session <?= $e($ms['session']) ?></dd>
    </dl>
  </details>
</footer>
