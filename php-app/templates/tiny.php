<h1><?= $e($photo['title']) ?></h1>
<p data-likes="<?= $e($photo['likes_count']) ?>"><?= $e($view::count($photo['likes_count'], 'like')) ?></p>
<p><a href="/photo/<?= $e($photo['id']) ?>">The whole page</a></p>
