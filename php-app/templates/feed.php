<?php if ($newest !== []): ?>
<section>
<h2>Just in</h2>
<div class="strip"><?= $view->include('grid', ['photos' => $newest]) ?></div>
</section>
<?php endif ?>
<section>
<h1><?= $page > 1 ? 'Trending, page ' . $e($page) : 'Trending' ?></h1>
<?php if ($trending === []): ?>
<p class="empty">Nothing more here. <a href="/">Back to the start</a></p>
<?php else: ?>
<?= $view->include('grid', ['photos' => $trending]) ?>
<?php endif ?>
<nav class="pages">
<?php if ($page > 1): ?><a class="button" rel="prev" href="/?page=<?= $e($page - 1) ?>">Newer</a><?php endif ?>
<?php if ($page < App\Gallery::MAX_PAGE && $trending !== []): ?><a class="button" rel="next" href="/?page=<?= $e($page + 1) ?>">More</a><?php endif ?>
</nav>
</section>
