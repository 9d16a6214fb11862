"""Visitors who load the pictures too, and a few who upload one: the load of the object store."""

from base64 import b64decode

from labload import LabUser, action


class Visitor(LabUser):
    """Loads pictures by the addresses that the pages give, as a browser does."""

    def on_start(self):
        self.login(f"user{self.index + 1:04d}")

    @action("browse")
    def browse(self):
        page = self.page("/", kind="feed")
        for address in self.rng.sample(page.pictures, 6):
            self.picture(address, name="thumbnail")

    @action("look")
    def look(self):
        photo_id = self.photo_ids.next()
        page = self.page(f"/photo/{photo_id}", kind="photo", page_id=photo_id)
        self.picture(page.pictures[0])

    @action("upload")
    def upload_picture(self):
        form = self.page("/upload", kind="upload", name="upload form")
        address = self.upload(form, PICTURE, "A sunset, again")
        page = self.page(address, kind="photo", name="uploaded photo")
        self.picture(page.pictures[0], name="uploaded picture")


# A real JPEG of 160 x 120 pixels: a sun above a hill.
PICTURE = b64decode("""
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCN
l4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAAR
CAB4AKADASIAAhEBAxEB/8QAGgABAQADAQEAAAAAAAAAAAAAAAIBAwUEBv/EACsQAAIDAAEDAwIGAwEAAAAAAAARAQIDBBIxQQUhURNCFDJh
kaGxIzOBwf/EABkBAQEBAQEBAAAAAAAAAAAAAAABAgQDBf/EAB4RAQEBAQACAwEBAAAAAAAAAAARAQIDEgQhMUEi/9oADAMBAAIRAxEAPwDw
IwikEfXrjSgikEZolBFIwiVUoIpBGaJQRSCJRKCKRhGaJQRSCM1UoIpBEolGEUgjNEoIpBEo2oIpBHZRKCKQRmiUYRSCJRKCKQRmqlBFIIzR
KMIpBEolHr4vpvI5VeukRWni1pUSV6bxa8rlRS/5Kx1WhpwfS1iK1itYiIiFER4OL5HyN8e+vP69/F4vb71xbegT0z08iJle0TRf+nP5fA34
kx9WsdMyotWXEn1ROmdNc7Z6Vi1bQpiTl4+X3m/6+8evXh53Pp8cgj0cvD8NytMm4rPtP6d4NKPo51m5ccm5NiUEUghRtQRSCOyiUEUjCM0S
gikESiUEUgjNEowi0YRmqlBFIIlHU9BmIneHDnpmI/c7B83wuRPF5EaKZr2tEeYPos9K60i+dotW3aYPk/L43O/b+a6/DuesUAa996cfKdNJ
UR+8z8QcuZu7Me344vrcxPMqpiZikRP6e8nORu5GtuRvfW3e09viPBrR9jx568Zjg629bqUEUgjVRtQRSCOyolGEUgjNVKCKQRmiUEa8eRTe
161+3s/MG5GbSIQRSCJRKCKQRKqUbceTtx39LSaxPjvH7EIwjG5m5NM+nun1fkTExFc4fmIn2/k8e22u9urW82nw+0f8JQRjnjjn8xret391
KCKQRaylGEWjCJVbkYRaMI66iUEUgiUSjn8/ky5xzn2+6Y/o3c7lRlWc6T/knzH2nKPLvr+YuYrPS2WkXr3g7Wd665xevaThnq4HI+lp0XlU
t5me0mOdi66iCKQRuolBFIIlEIIpBGaqUEUgiUSgikEZohBFIIlG1BFII66JR5+ZyY42cSne35YN2+tcMrXsvbtHzPwcHba++k30lzP8GOuo
Jtab2m1pczLkwAeKgAA6/p/I+tn0Xl3p5me8HrRwMtLY6V0p3j5O9lpXbOulPy2+TWaMowi0YQolBFIIzRKCKQRKqUYRaMIzRKCKQRKNqJ0v
XOk3vMVrHeZNiOH6hzfxNuin+qsuJ8zPydXXURp5nJnk7Tb3ike1YnwaADxAAAAAAPZ6dyfo69F5iM7+ZntJ4wB9Kgjyem8r6+XReZnSnmZ7
we1CtJQRSCM0SgikYRKJQRSCM1UoIpBEo53qvNnqnj5WhffMf0coA9926wAAgAAAAAAAAvHW2OtdKLqr8n0eOld8q6UfTb5AJq8rQQBhsRhA
EBBAGQQQBB//2Q==
""")
