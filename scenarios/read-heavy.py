"""Guests who look around: the load of most web sites."""

from labload import LabUser, action


class Guest(LabUser):
    """Reads pages and never logs in, so every page may come from a cache."""

    @action("feed")
    def feed(self):
        self.page("/", kind="feed")

    @action("photo")
    def photo(self):
        photo_id = self.photo_ids.next()
        self.page(f"/photo/{photo_id}", kind="photo", page_id=photo_id)

    @action("user")
    def user(self):
        name = f"user{self.user_ids.next():04d}"
        self.page(f"/user/{name}", kind="user", page_id=name)

    @action("search")
    def search(self):
        word = self.rng.choice(["sunset", "harbour", "forest", "street", "winter"])
        self.page(f"/search?q={word}", kind="search")
