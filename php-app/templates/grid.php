<ul class="grid">
<?php foreach ($photos as $photo): ?>
  <li><a href="/photo/<?= $e($photo['id']) ?>">
    <img src="<?= $view->thumb($photo['image']) ?>" alt="" width="320" height="240" loading="lazy">
    <span class="caption"><b><?= $e($photo['title']) ?></b><span><?= $e($photo['author']) ?> · ♥ <?= $e(number_format($photo['likes_count'])) ?><i> · <?= $e($view::count($photo['comments_count'], 'comment')) ?></i></span></span>
  </a></li>
<?php endforeach ?>
</ul>
