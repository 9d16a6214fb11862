<form class="card" method="post" action="/signup">
<h1>Sign up</h1>
<?php if ($error !== ''): ?>
<p class="error" role="alert"><?= $e($error) ?></p>
<?php endif ?>
<input type="hidden" name="csrf" value="<?= $e($csrf) ?>">
<label>Name <input name="name" value="<?= $e($typed['name']) ?>" required minlength="3" maxlength="30" pattern="[a-z][a-z0-9_]*" autocomplete="username" autocapitalize="none" autofocus></label>
<label>E-mail <input type="email" name="email" value="<?= $e($typed['email']) ?>" required maxlength="255" autocomplete="email"></label>
<label>Password <input type="password" name="password" required minlength="10" maxlength="72" autocomplete="new-password"></label>
<button>Sign up</button>
<p class="hint">Small letters, digits and underscores for the name; at least 10 characters for the password. No mail is sent.</p>
</form>
