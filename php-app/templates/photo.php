<article class="photo">
<figure>
  <img src="<?= $view->picture($photo['image']) ?>" alt="<?= $e($photo['title']) ?>" width="<?= $e($photo['width']) ?>" height="<?= $e($photo['height']) ?>">
</figure>
<div class="about">
  <h1><?= $e($photo['title']) ?></h1>
  <p class="by">by <a href="/user/<?= $e($photo['author']) ?>"><?= $e($photo['author']) ?></a> · <time datetime="<?= $e($photo['created_at']) ?>Z"><?= $e($view::ago($photo['created_at'])) ?></time></p>
  <p><?= nl2br($e($photo['description'])) ?></p>
  <div class="likes">
<?php if ($user === null): ?>
    <span data-likes="<?= $e($photo['likes_count']) ?>">♥ <?= $e($view::count($photo['likes_count'], 'like')) ?></span> <a href="/login">Log in to like and comment</a>
<?php elseif ($liked): ?>
    <span class="liked" data-likes="<?= $e($photo['likes_count']) ?>">♥ <?= $e($view::count($photo['likes_count'], 'like')) ?>, one of them yours</span>
<?php else: ?>
    <form method="post" action="/photo/<?= $e($photo['id']) ?>/like"><input type="hidden" name="csrf" value="<?= $e($csrf) ?>"><button>♡ Like</button></form>
    <span data-likes="<?= $e($photo['likes_count']) ?>"><?= $e($view::count($photo['likes_count'], 'like')) ?></span>
<?php endif ?>
  </div>
<?php if ($likers !== []): ?>
  <p class="by">Liked by <?php foreach ($likers as $i => $liker): ?><?= $i > 0 ? ', ' : '' ?><a href="/user/<?= $e($liker['name']) ?>"><?= $e($liker['name']) ?></a><?php endforeach ?><?= $photo['likes_count'] > count($likers) ? ' and others' : '' ?></p>
<?php endif ?>
  <h2 id="comments"><?= $e($view::count($photo['comments_count'], 'comment')) ?></h2>
<?php if ($user !== null): ?>
  <form class="write" method="post" action="/photo/<?= $e($photo['id']) ?>/comment">
    <input type="hidden" name="csrf" value="<?= $e($csrf) ?>">
<?php if ($error !== ''): ?>
    <p class="error" role="alert"><?= $e($error) ?></p>
<?php endif ?>
    <textarea name="body" rows="2" maxlength="500" required aria-label="Your comment" placeholder="Say something nice"><?= $e($typed) ?></textarea>
    <button>Comment</button>
  </form>
<?php endif ?>
  <ol class="comments">
<?php foreach ($comments as $comment): ?>
    <li><p><a href="/user/<?= $e($comment['author']) ?>"><?= $e($comment['author']) ?></a> <time datetime="<?= $e($comment['created_at']) ?>Z"><?= $e($view::ago($comment['created_at'])) ?></time></p><p><?= nl2br($e($comment['body'])) ?></p></li>
<?php endforeach ?>
  </ol>
<?php if ($photo['comments_count'] > count($comments)): ?>
  <p class="more">These are the latest <?= $e(count($comments)) ?>.</p>
<?php endif ?>
</div>
</article>
<?php if ($related !== []): ?>
<section>
<h2>From people who were here</h2>
<div class="strip"><?= $view->include('grid', ['photos' => $related]) ?></div>
</section>
<?php endif ?>
