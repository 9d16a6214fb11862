<?php // $user is who looks, $person is who is looked at ?>
<section class="person">
<div class="avatar" aria-hidden="true"><?= $e(mb_strtoupper(mb_substr($person['name'], 0, 1))) ?></div>
<div>
  <h1><?= $e($person['name']) ?></h1>
  <p><?= $e($person['bio'] !== '' ? $person['bio'] : 'No words, only pictures.') ?></p>
  <ul class="stats">
    <li><b><?= $e(number_format($stats['photos'])) ?></b> photos</li>
    <li><b><?= $e(number_format($stats['likes'])) ?></b> likes</li>
    <li><b><?= $e(number_format($stats['comments'])) ?></b> comments</li>
    <li><b><?= $e(number_format($stats['following'])) ?></b> following</li>
  </ul>
<?php if ($visitors !== []): ?>
  <p class="by">Often here: <?php foreach ($visitors as $i => $visitor): ?><?= $i > 0 ? ', ' : '' ?><a href="/user/<?= $e($visitor['name']) ?>"><?= $e($visitor['name']) ?></a><?php endforeach ?></p>
<?php endif ?>
</div>
</section>
<?php if ($photos === []): ?>
<p class="empty">No pictures yet.</p>
<?php else: ?>
<section>
<h2>Most loved</h2>
<div class="strip"><?= $view->include('grid', ['photos' => $loved]) ?></div>
</section>
<h2>Newest</h2>
<?= $view->include('grid', ['photos' => $photos]) ?>
<?php endif ?>
