<h1><?= $words === '' ? 'Search' : 'Pictures of “' . $e($words) . '”' ?></h1>
<?php if ($words === ''): ?>
<p class="empty">Type a word or two above: <a href="/search?q=harbour">harbour</a>, <a href="/search?q=quiet+lake">quiet lake</a>, <a href="/search?q=night">night</a>.</p>
<?php elseif ($photos === []): ?>
<p class="empty">Nothing found. Words are matched whole.</p>
<?php else: ?>
<p class="by"><?= $e($view::count($count, 'picture')) ?><?= $count > count($photos) ? ', the best ' . $e(count($photos)) . ' shown' : '' ?></p>
<?= $view->include('grid', ['photos' => $photos]) ?>
<?php endif ?>
