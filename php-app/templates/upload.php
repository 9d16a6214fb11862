<form class="card" method="post" action="/upload" enctype="multipart/form-data">
<h1>Upload a picture</h1>
<?php if ($error !== ''): ?>
<p class="error" role="alert"><?= $e($error) ?></p>
<?php endif ?>
<input type="hidden" name="csrf" value="<?= $e($csrf) ?>">
<label>Picture <input type="file" name="picture" accept="image/jpeg,image/png,image/webp" required></label>
<label>Title <input name="title" value="<?= $e($typed['title']) ?>" required maxlength="120"></label>
<label>Description <textarea name="description" rows="3" maxlength="1000"><?= $e($typed['description']) ?></textarea></label>
<button>Upload</button>
<p class="hint">JPEG, PNG or WebP, up to 5 MB and 13 million pixels. It is stored <?= $config->store === 'local' ? 'on the disk of the replica that receives it' : 'in the object store' ?>.</p>
</form>
