<form class="card" method="post" action="/login">
<h1>Log in</h1>
<?php if ($error !== ''): ?>
<p class="error" role="alert"><?= $e($error) ?></p>
<?php endif ?>
<input type="hidden" name="csrf" value="<?= $e($csrf) ?>">
<label>Name <input name="name" value="<?= $e($typed['name']) ?>" required maxlength="30" autocomplete="username" autocapitalize="none" autofocus></label>
<label>Password <input type="password" name="password" required maxlength="72" autocomplete="current-password"></label>
<button>Log in</button>
<p class="hint">Everybody in the sample data, <code>user0001</code> to <code>user2000</code>, has the password <code>lab-demo-password</code>. Or <a href="/signup">sign up</a>.</p>
</form>
