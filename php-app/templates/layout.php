<!DOCTYPE html>
<html lang="en" data-page="<?= $e($name) ?>" data-id="<?= $e($id) ?>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title><?= $e($title) ?> · Shoebox</title>
<link rel="stylesheet" href="/assets/style.css">
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
</head>
<body>
<header class="top">
  <a class="brand" href="/"><img src="/assets/favicon.svg" alt="" width="28" height="28">Shoebox</a>
  <form class="find" action="/search" role="search">
    <input type="search" name="q" value="<?= $e($words ?? '') ?>" maxlength="60" placeholder="Search pictures" aria-label="Search pictures">
  </form>
  <nav>
<?php if ($user === null): ?>
    <a href="/login">Log in</a>
    <a class="button" href="/signup">Sign up</a>
<?php else: ?>
    <a href="/user/<?= $e($user['name']) ?>"><?= $e($user['name']) ?></a>
    <a class="button" href="/upload">Upload</a>
    <form method="post" action="/logout"><input type="hidden" name="csrf" value="<?= $e($csrf) ?>"><button class="quiet">Log out</button></form>
<?php endif ?>
  </nav>
</header>
<main>
<?= $content ?>
</main>
<?= $view->include('footer', ['config' => $config, 'timing' => $timing]) ?>
</body>
</html>
