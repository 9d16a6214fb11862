-- Word lists and dice that the seed is made with; 90-finish.sql drops them again.
USE photos;

CREATE TABLE seed_words (
  kind VARCHAR(12) NOT NULL,
  id   INT UNSIGNED NOT NULL,
  word VARCHAR(80) NOT NULL,
  PRIMARY KEY (kind, id)
);

INSERT INTO seed_words (kind, id, word)
WITH lists (kind, words) AS (
  VALUES
    ROW ('adjective', '["Quiet","Golden","Misty","Old","Blue","Crowded","Empty","First","Frozen","Gentle","Green","Hidden","Last","Little","Lonely","Long","Narrow","Pale","Patient","Purple","Rainy","Red","Silver","Silent","Sleepy","Slow","Soft","Steep","Sunlit","Tall","Tired","Warm","Wet","White","Wide","Wild","Windy","Winter","Yellow","Young"]'),
    ROW ('noun', '["bridge","harbour","lighthouse","street","market","window","doorway","garden","meadow","forest","river","lake","island","beach","cliff","mountain","valley","field","orchard","vineyard","mill","barn","chapel","tower","station","tram","bicycle","boat","fisherman","baker","cat","dog","heron","fox","horse","bee","tulip","sunflower","fern","oak","birch","moon","cloud","storm","sunrise","sunset","shadow","reflection","staircase","rooftop","balcony","fountain","library","bench","lamp","umbrella","kite","train","ferry","puddle"]'),
    ROW ('place', '["at dawn","after the rain","before the storm","in the fog","in late autumn","in early spring","by the sea","by the river","on the hill","above the town","behind the school","under the bridge","near the harbour","at low tide","at high noon","on a Sunday","on the way home","from the train","from my window","in the old town","in the suburbs","between two showers","at the end of summer","on the first day of snow","at the corner shop","along the canal","across the bay","in the morning light","in the evening light","with a friend"]'),
    ROW ('camera', '["an old film camera","my phone","a borrowed camera","a fifty millimetre lens","a wide lens","a long lens","a pinhole camera","a waterproof camera","a tripod and some patience","one hand on the railing"]'),
    ROW ('story', '["I nearly walked past it.","It took three visits to get the light right.","Nobody else was there.","The wind almost took my hat.","A minute later the sun was gone.","I had to wait for the bus anyway.","My sister says it looks like a painting.","No filter, only luck.","The colours were even stronger in reality.","I will come back in winter.","There was fresh bread around the corner.","You can hear the bells from here.","Somebody had left a red umbrella.","The ferry was late, so I had time.","I like how small we look.","This is where I learned to swim."]'),
    ROW ('opener', '["What a","Such a","I love this","Lovely","Beautiful","That is one","Now that is a","Finally a","Nothing beats a","You found a","I remember this","Great","Never saw such a","Wow, a","Always wanted a","Please more of this"]'),
    ROW ('closer', '["Thank you for sharing!","Which lens was it?","It makes me want to travel.","The light is perfect.","I was there last year.","My favourite of the week.","How long did you wait?","The colours are wonderful.","Added to my list.","It reminds me of home.","So calm.","Where exactly is this?","The composition is spot on.","I would hang it on my wall.","Best one yet.","Did you use a tripod?","My grandfather would have liked it.","Is it always this empty?","You have a good eye.","See you there on Saturday?"]'),
    ROW ('bio', '["Walks a lot, carries too many lenses.","Learning to see.","Weekend photographer, weekday nurse.","Film, bread and bicycles.","Looking for good light since 1998.","Mostly trains.","Birds before breakfast.","Teacher with a camera.","I take pictures of doors.","Somewhere between the sea and the hills."]')
)
SELECT lists.kind, items.id, items.word
FROM lists, JSON_TABLE(lists.words, '$[*]' COLUMNS (id FOR ORDINALITY, word VARCHAR(80) PATH '$')) AS items;

CREATE TABLE seed_numbers (n INT UNSIGNED NOT NULL PRIMARY KEY);
SET SESSION cte_max_recursion_depth = 1000000;
INSERT INTO seed_numbers
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 250000)
SELECT n FROM numbers;

-- Dice: eight numbers in [0, 1) for each kind of row, which depend only on the kind and the row's number. They are the
-- eight words of one SHA-256. (CRC32 would be quicker and is linear: two streams of it move together.)
CREATE TABLE seed_dice (
  kind VARCHAR(12) NOT NULL,
  n    INT UNSIGNED NOT NULL,
  d1 DOUBLE NOT NULL, d2 DOUBLE NOT NULL, d3 DOUBLE NOT NULL, d4 DOUBLE NOT NULL,
  d5 DOUBLE NOT NULL, d6 DOUBLE NOT NULL, d7 DOUBLE NOT NULL, d8 DOUBLE NOT NULL,
  PRIMARY KEY (kind, n)
);

INSERT INTO seed_dice
SELECT kind, n,
       CONV(SUBSTR(hash,  1, 8), 16, 10) / 4294967296, CONV(SUBSTR(hash,  9, 8), 16, 10) / 4294967296,
       CONV(SUBSTR(hash, 17, 8), 16, 10) / 4294967296, CONV(SUBSTR(hash, 25, 8), 16, 10) / 4294967296,
       CONV(SUBSTR(hash, 33, 8), 16, 10) / 4294967296, CONV(SUBSTR(hash, 41, 8), 16, 10) / 4294967296,
       CONV(SUBSTR(hash, 49, 8), 16, 10) / 4294967296, CONV(SUBSTR(hash, 57, 8), 16, 10) / 4294967296
FROM (
  SELECT /*+ NO_MERGE() */ kinds.kind, n, SHA2(CONCAT(kinds.kind, ':', n), 256) AS hash
  FROM (VALUES ROW ('comment', 200000), ROW ('follow', 40000), ROW ('like', 250000), ROW ('photo', 20000), ROW ('user', 2000))
         AS kinds (kind, size)
  JOIN seed_numbers ON n <= kinds.size
) AS hashed;
