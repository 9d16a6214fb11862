-- The accounts. Those that come over the network are locked here; each lab's entry point gives them its own passwords.
-- The two local ones need no password: the socket tells the server which system user is calling (auth_socket).
CREATE USER app@'%' ACCOUNT LOCK;
GRANT SELECT, INSERT, UPDATE, DELETE ON photos.* TO app@'%';
CREATE USER repl@'%' ACCOUNT LOCK;
GRANT REPLICATION SLAVE ON *.* TO repl@'%';
CREATE USER monitor@'%' ACCOUNT LOCK;
GRANT PROCESS, REPLICATION CLIENT ON *.* TO monitor@'%';
GRANT SELECT ON performance_schema.* TO monitor@'%';
CREATE USER health@localhost IDENTIFIED WITH auth_socket AS 'mysql';
GRANT REPLICATION CLIENT ON *.* TO health@localhost;
GRANT SELECT ON performance_schema.* TO health@localhost;
ALTER USER root@localhost IDENTIFIED WITH auth_socket AS 'mysql';
