"""Members who log in once and must stay themselves: does every replica know who they are?"""

from labload import LabUser, action

LOGGED_IN = 'action="/logout"'  # only a page for somebody who is logged in has this form


class Member(LabUser):
    """Logs in once and never again; a session that is lost makes its requests fail."""

    def on_start(self):
        self.login(f"user{self.index + 1:04d}")

    @action("whoami")
    def whoami(self):
        self.json("/whoami", expect={"user": self.user_name}, name="whoami")

    @action("feed")
    def feed(self):
        self.page("/", kind="feed", contains=LOGGED_IN)

    @action("photo")
    def photo(self):
        photo_id = self.photo_ids.next()
        self.page(f"/photo/{photo_id}", kind="photo", page_id=photo_id, contains=LOGGED_IN)
