<div class="card">
<h1><?= $e($status) ?></h1>
<p><?= $e($message) ?></p>
<?php if ($status === 403 && $config->sessions === 'files'): ?>
<p class="hint">Sessions are files on <?= $e($config->replica) ?> here. Did another replica show you the form?</p>
<?php endif ?>
<p><a class="button" href="/">To the pictures</a></p>
</div>
