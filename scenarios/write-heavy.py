"""Members who like and comment: every write has to reach the one primary, and then every replica of it."""

from labload import LabUser, action


class Member(LabUser):
    """Logs in once, then reads photos, likes them and comments on them."""

    def on_start(self):
        self.login(f"user{self.index + 1:04d}")

    @action("read")
    def read(self):
        self.open_photo()

    @action("like")
    def like(self):
        photo_id, page = self.open_photo()
        self.submit(f"/photo/{photo_id}/like", page, name="like")

    @action("comment")
    def comment(self):
        photo_id, page = self.open_photo()
        words = f"Seen at {self.rng.randrange(10**9)}"
        self.submit(f"/photo/{photo_id}/comment", page, {"body": words}, name="comment")
        # Whoever writes must see it at once, even when a replica of the database is late.
        self.open_photo(photo_id, contains=words, name="photo after comment")

    def open_photo(self, photo_id=None, **checks):
        photo_id = photo_id or self.photo_ids.next()
        return photo_id, self.page(f"/photo/{photo_id}", kind="photo", page_id=photo_id, **checks)
