"""What each flag is made of. A flag is 40 wide and 30 high; the words are those of `flags`, the colours letters.

`h r w2 b`: stripes across, the white one twice as thick; `v`: stripes from left to right. The rest is drawn on top:
`cross COLOUR WIDTH X Y`, `disc COLOUR X Y RADIUS`, `star COLOUR X Y RADIUS POINTS`, `box COLOUR X Y WIDTH HEIGHT` ...
A line that begins with spaces goes on with the flag above it.
"""

import re

COLOURS = {
    "w": "ffffff",
    "k": "111111",
    "r": "d21034",
    "m": "8a1538",
    "o": "f77f00",
    "y": "fcd116",
    "s": "c8973f",
    "g": "00803c",
    "d": "00573f",
    "b": "0047ab",
    "n": "00205b",
    "l": "6ab2e7",
    "t": "0099b5",
    "c": "7b5a2e",
}

_TABLE = """
ad: v b y r; shield s 20 15 7 9; shield r 20 15.5 4 5
ae: h g w k; box r 0 0 10 30
af: h w; box k 0 0 40 30; box r 13.33 0 13.34 30; box g 26.67 0 13.33 30; ring w 20 15 5 .6; temple w 20 15 3
ag: h r; polygon k 0 0 40 0 20 30; polygon l 6 9.1 34 9.1 27.3 19 12.7 19; polygon w 12.7 19 27.3 19 20 30; sun y 20
    9.5 5 9; box k 0 0 40 2; box l 10 9.5 20 3.5; polygon r 0 0 0 30 20 30; polygon r 40 0 40 30 20 30
al: h r; bird k 20 15 10
am: h r b o
ao: h r k; star y 22 12 2.6; moon y 20 15 6 -2; polygon y 14 22 26 17 26.6 18.4 14.6 23.4
ar: h l w l; sun y 20 15 3.6 16
at: h r w r
au: h n; jack 0 0 20 15; stars w 3.2 10 23; stars w 1.9 30 5 25.5 13 34.5 11.5 30 24; star w 32.5 17 1
az: h t r g; moon w 18.5 15 4.2; star w 22.5 15 2.4 8
ba: h n; polygon y 11 0 34 0 34 30; stars w 1.7 7 0 10.2 4.2 13.4 8.4 16.6 12.6 19.8 16.8 23 21 26.2 25.2 29.4 29.4
bb: v b y b; polygon k 19.3 7 20 5.5 20.7 7 20.7 23 19.3 23; polygon k 15 9 16.2 9 17 15 23 15 23.8 9 25 9 23.8 16.8
    16.2 16.8
bd: h d; disc r 18 15 9
be: v k y r
bf: h r g; star y 20 15 5
bg: h w g r
bh: h r; polygon w 0 0 13 0 17 3 13 6 17 9 13 12 17 15 13 18 17 21 13 24 17 27 13 30 0 30
bi: h g; polygon r 0 0 40 0 20 15; polygon r 0 30 40 30 20 15; saltire w 4.5; disc w 20 15 7.5; star r 20 11.3 2.2
    6; star r 16.8 17 2.2 6; star r 23.2 17 2.2 6
bj: h y r; box g 0 0 16 30
bn: h y; polygon w 0 0 40 17 40 26 0 9; polygon k 0 4.5 40 22 40 30 0 13; moon r 20 15.5 6 .1; ring r 20 13 5 1.2;
    box r 19.3 8 1.4 14
bo: h r y g; shield s 20 15 6 7; disc l 20 15 2
br: h g; polygon y 3 15 20 2.5 37 15 20 27.5; disc n 20 15 7; polygon w 13.2 13 20 13.6 26.8 17 26.4 18.2 20 15 13
    14.4
bs: h t y t; triangle k 17
bt: h y; polygon o 40 0 40 30 0 30; polygon w 8 22 14 16 18 18 24 10 31 6 33 8 27 12 23 19 18 21 15 19 10 24
bw: h l9 w1 k4 w1 l9
by: h r2 g; box w 0 0 4.6 30; polygon r 2.3 1 3.9 4 2.3 7 .7 4; polygon r 2.3 8 3.9 11 2.3 14 .7 11; polygon r 2.3
    15 3.9 18 2.3 21 .7 18; polygon r 2.3 22 3.9 25 2.3 28 .7 25
bz: h r1 b8 r1; disc w 20 15 9; ring g 20 15 8 .8; shield s 20 15.5 7 8; box c 16.5 15 7 1
ca: v r w2 r; leaf r 20 15 8.5
cd: h t; rising y 8; rising r 5; star y 7 7.5 5
cf: h b w g y; box r 16.5 0 7 30; star y 5.5 3.8 2.8
cg: h g; polygon r 40 0 40 30 0 30; rising y 10
ch: h r; box w 17 6 6 18; box w 11 12 18 6
ci: v o w g
cl: h w r; box b 0 0 15 15; star w 7.5 7.5 4
cm: v g r y; star y 20 15 4.5
cn: h r; star y 7 7.5 4.6; stars y 1.5 14 3 16.5 6 16.5 9.6 14 12.6
co: h y2 b r
cr: h b w r2 w b; disc w 13 15 3.6; shield b 13 15.2 4 4.6
cu: h b w b w b; triangle r 20; star w 6.5 15 4.4
cv: h b6 w1 r1 w1 b3; circle y 15 18.75 5.5 10 1.2
cy: h w; polygon o 10 15 14 11 22 11 32 6 27 12 27 15 21 18 15 17; polygon g 13 22 20 24.5 27 22 20 23
cz: h w r; triangle b 20
de: h k r y
dj: h l g; triangle w 20; star r 6.8 15 4
dk: h r; cross w 4.6 14.5 15
dm: h g; cross y 6; cross k 4; cross w 2; disc r 20 15 7; circle g 20 15 5.6 10 .9; bird d 20 15 3.4
do: h n r; polygon r 22 0 40 0 40 15 22 15; polygon n 22 15 40 15 40 30 22 30; polygon r 0 15 18 15 18 30 0 30;
    cross w 5; shield g 20 15 3.4 3.8
dz: v g w; moon r 20 15 6; star r 23 15 3
ec: h y2 b r; disc s 20 15 5.6; disc l 20 15 4.2; bird c 20 9.5 4
ee: h b k w
eg: h r w k; bird s 20 15 4.4
er: h g l; polygon r 0 0 40 15 0 30; ring y 12 15 5 .9; box y 11.5 11 1 8
es: h r y2 r; shield r 13 15 5.4 6.6; shield s 13 14.4 3.4 4
et: h g y r; disc b 20 15 7; star y 20 15 5.2
fi: h w; cross b 8 15 15
fj: h l; jack 0 0 20 15; shield w 30 15.5 9 11; box r 25.5 10 9 2.6
fm: h l; stars w 2.8 20 6 29 15 20 24 11 15
fr: v b w r
ga: h g y b
gb: jack
gd: h r; polygon y 5 5 35 5 20 15; polygon y 5 25 35 25 20 15; polygon g 5 5 20 15 5 25; polygon g 35 5 20 15 35 25;
    disc r 20 15 4; star y 20 15 3.6; stars y 1.8 10 2.5 20 2.5 30 2.5 10 27.5 20 27.5 30 27.5
ge: h w; cross r 6; box r 8 4.5 1.6 5; box r 6.3 6.2 5 1.6; box r 30.4 4.5 1.6 5; box r 28.7 6.2 5 1.6; box r 8 20.5
    1.6 5; box r 6.3 22.2 5 1.6; box r 30.4 20.5 1.6 5; box r 28.7 22.2 5 1.6
gh: h r y g; star k 20 15 5
gm: h r6 w1 b4 w1 g6
gn: v r y g
gq: h g w r; triangle b 10; shield s 22 15 5 6; tree g 22 15 2
gr: h b w b w b w b w b; box b 0 0 16.67 16.67; box w 6.67 0 3.33 16.67; box w 0 6.67 16.67 3.33
gt: v l w l; ring g 20 15 5.4 1.2; polygon s 17 12 23 12 23 18 17 18; bird g 20 13.5 2.6
gw: h y g; box r 0 0 13.3 30; star k 6.65 15 4.4
gy: h g; polygon w 0 0 40 15 0 30; polygon y 0 1.5 38 15 0 28.5; polygon k 0 0 20 15 0 30; polygon r 0 1.6 17.8 15 0
    28.4
hn: h b w b; stars b 1.9 20 15 14 12.8 26 12.8 14 17.2 26 17.2
hr: h r w b; shield r 20 15 9 11.5; box w 15.5 9.3 1.8 1.8; box w 19.1 9.3 1.8 1.8; box w 22.7 9.3 1.8 1.8; box w
    17.3 11.1 1.8 1.8; box w 20.9 11.1 1.8 1.8; box w 15.5 12.9 1.8 1.8; box w 19.1 12.9 1.8 1.8; box w 22.7 12.9
    1.8 1.8; box w 17.3 14.7 1.8 1.8; box w 20.9 14.7 1.8 1.8
ht: h b r; box w 14 10 12 10; tree g 20 14.5 3
hu: h r w g
id: h r w
ie: v g w o
il: h w; box b 0 3.4 40 4.4; box b 0 22.2 40 4.4; polygon b 20 9.2 25.2 18 14.8 18; polygon b 20 20.8 14.8 12 25.2
    12; polygon w 20 11 23.6 17 16.4 17; polygon w 20 19 16.4 13 23.6 13; star b 20 15 3.2 6; star w 20 15 2.4 6
in: h o w g; wheel b 20 15 4.2 24
iq: h r w k; writing g 20 15 16
ir: h g w r; moon r 19 15 3.6 1.4; moon r 21 15 3.6 -1.4; box r 19.6 11.2 .8 7.6
is: h b; cross w 7 14 15; cross r 3.4 14 15
it: v g w r
jm: h g; polygon k 0 0 20 15 0 30; polygon k 40 0 20 15 40 30; saltire y 4.6
jo: h k w g; triangle r 20; star w 6.8 15 2.6 7
jp: h w; disc r 20 15 9
ke: h k6 w1 r6 w1 g6; polygon w 12 4 13 4 28 25 27 26; polygon w 28 4 27 4 12 25 13 26; polygon r 20 5 24.4 15 20 25
    15.6 15; polygon w 20 11 21.2 15 20 19 18.8 15
kg: h r; sun y 20 15 9 32; disc r 20 15 4.4; disc y 20 15 3.8; box r 16.5 14.2 7 .7; box r 16.5 15.6 7 .7
kh: h b r2 b; temple w 20 15 6
ki: h r b; sun y 20 13 7 17; box b 0 15 40 15; polygon w 0 17.4 40 17.4 40 19.2 0 19.2; polygon w 0 21.8 40 21.8 40
    23.6 0 23.6; polygon w 0 26.2 40 26.2 40 28 0 28; bird y 20 4 3.4
km: h y w r b; triangle g 20; moon w 6.6 15 5; stars w 1 8.4 11.4 8.4 13.8 8.4 16.2 8.4 18.6
kn: h g; polygon r 40 0 40 30 0 30; rising y 12; rising k 9; star w 13.5 19.8 3; star w 26.5 10.2 3
kp: h b3 w.5 r9 w.5 b3; disc w 13.5 15 5.4; star r 13.5 15 5.2
kr: h w; disc r 20 15 7; polygon b 13 15 27 15 26.6 17.4 25 20 22.5 21.6 20 22 17.5 21.6 15 20 13.4 17.4; disc b
    23.5 15 3.5; disc r 16.5 15 3.5; polygon k 7 7.5 10.4 2.9 11.2 3.5 7.8 8.1; polygon k 8.6 8.7 12 4.1 12.8 4.7
    9.4 9.3; polygon k 33 22.5 29.6 27.1 28.8 26.5 32.2 21.9; polygon k 31.4 21.3 28 25.9 27.2 25.3 30.6 20.7;
    polygon k 33 7.5 29.6 2.9 28.8 3.5 32.2 8.1; polygon k 31.4 8.7 28 4.1 27.2 4.7 30.6 9.3; polygon k 7 22.5 10.4
    27.1 11.2 26.5 7.8 21.9; polygon k 8.6 21.3 12 25.9 12.8 25.3 9.4 20.7
kw: h g w r; polygon k 0 0 10 10 10 20 0 30
kz: h t; sun y 21 13 6 24; bird y 21 20 6; box y 1.2 0 2.2 30
la: h r b2 r; disc w 20 15 6
lb: h r w2 r; tree g 20 14.6 6.2
lc: h l; polygon w 20 4 29 26 11 26; polygon k 20 7 28 26 12 26; polygon y 20 15 29 26 11 26
li: h b r; polygon y 6 10 6.6 5.6 8.4 8 10 4.4 11.6 8 13.4 5.6 14 10
lk: h y; box g 2 2 5.6 26; box o 7.6 2 5.6 26; box m 15 2 23 26; polygon y 20 23 21 13 24 8 27 9 28 13 33 14 34 23
    31 23 30 19 25 19 24 23; box y 19 8 .9 12
lr: h r w r w r w r w r w r; box n 0 0 13.6 13.6; star w 6.8 6.8 4.6
ls: h b3 w4 g3; polygon k 20 10.4 25 19 15 19; box k 19.6 9.4 .8 2
lt: h y g r
lu: h r w l
lv: h m2 w m2
ly: h r k2 g; moon w 18.6 15 3.6; star w 22.4 15 2
ma: h r; star g 20 15 6.4; star r 20 15 4.4
mc: h r w
md: v b y r; bird c 20 15 5; shield r 20 15 3 4
me: h s; box r 1.2 1.2 37.6 27.6; bird s 20 15 9.5; shield b 20 15.5 3.4 4.2
mg: h r g; box w 0 0 13.3 30
mh: h b; polygon o 0 28 40 3 40 8; polygon w 0 29.5 40 8 40 13; star w 9 9 6 12; star w 9 9 4 24
mk: h r; polygon y 0 0 6 0 20 15; polygon y 40 0 34 0 20 15; polygon y 0 30 6 30 20 15; polygon y 40 30 34 30 20 15;
    polygon y 17 0 23 0 20 15; polygon y 17 30 23 30 20 15; polygon y 0 12 0 18 20 15; polygon y 40 12 40 18 20 15;
    disc r 20 15 5.2; disc y 20 15 4.4
ml: v g y r
mm: h y g r; star w 20 15.5 9
mn: v r b r; box y 5.4 15 1 9; box y 8.6 15 1 9; disc y 7 12 2; moon y 7 9.6 2 .1; polygon y 5.4 14 8.6 14 7 15.5;
    disc y 7 19.5 1.6; polygon y 6.2 7 7 4.6 7.8 7
mr: h r1 g5 r1; moon y 20 13 7 .1; disc g 20 10.4 6.4; star y 20 10.4 2.8
mt: v w r; box s 3 3 6 2; box s 5 1 2 6
mu: h r b y g
mv: h r; box g 8 7.5 24 15; moon w 21.5 15 5
mw: h k r g; sun r 20 10 6 31; box r 0 10 40 10
mx: v g w r; bird c 20 14 4; polygon g 16 17.5 24 17.5 22 20 18 20
my: h r w r w r w r w r w r w r w; box n 0 0 20 17.1; moon y 8 8.6 5.4; star y 13.4 8.6 4 14
mz: h g4 w.5 k4 w.5 y4; triangle r 17; star y 6 15 4.6; polygon w 4 16 8 16 8 17.4 4 17.4; polygon k 3.4 18 8.6 12.4
    9 13 4 18.6
na: h b; polygon g 40 0 40 30 0 30; rising w 12; rising r 9; sun y 8.5 8.5 4.6 12
ne: h o w g; disc o 20 15 3.6
ng: v g w g
ni: h b w b; ring s 20 15 4.2 .7; polygon l 20 11.8 22.8 16.8 17.2 16.8
nl: h r w b
no: h r; cross w 7.4 14.4 15; cross n 3.7 14.4 15
np: h w; polygon b 1 0 30 14.5 14 14.5 30 29.2 30 30 1 30; polygon r 2 1.6 26 13.4 11.4 13.4 27.5 28.8 2 28.8; moon
    w 8 8.6 3 .1; disc r 8 7.2 2.8; star w 8 7.6 2 8; star w 8.4 21.6 3.6 12
nr: h n7 y1 n7; star w 9 21.5 4 12
nz: h n; jack 0 0 20 15; stars w 2.3 30 6 25.5 13.6 34.6 12.4 30 24.6; stars r 1.7 30 6 25.5 13.6 34.6 12.4 30 24.6
om: h w r g; box r 0 0 11 30; polygon w 3 3 4 2.4 8.6 7.4 8 8.2; polygon w 8 3 7 2.4 2.4 7.4 3 8.2
pa: h w; box r 20 0 20 15; box b 0 15 20 15; star b 10 7.5 4; star r 30 22.5 4
pe: v r w r
pf: h r w2 r; disc o 20 15 6.6; polygon w 13.6 16 26.4 16 25 20 20 21.6 15 20; polygon b 13.8 17 26.2 17 24 20.4 20
    21.6 16 20.4; polygon r 15.5 18 24.5 18 24.5 18.8 15.5 18.8; polygon r 17 13 18 13 18 18 17 18; polygon r 22 13
    23 13 23 18 22 18
pg: h k; polygon r 0 0 40 0 40 30; bird y 28 8.6 5; stars w 1.6 11 12 5.5 18.6 15.6 17.6 11 26; star w 13.4 20.4 1
ph: h b r; triangle w 22; sun y 7.4 15 4.6 8; stars y 1.4 2.2 4.2 2.2 25.8 18.4 15
pk: h d; box w 0 0 10 30; moon w 24 15.4 7 2.8; star w 29 10.6 2.6
pl: h w r
pt: h r; box g 0 0 16 30; disc y 16 15 6; shield r 16 15 5.4 6.6; shield w 16 15 3.4 4.4; stars b .8 16 13.6 15 15
    17 15 16 16.2
pw: h l; disc y 17.5 15 8
py: h r w b; ring g 20 15 4.2 .8; star y 20 15 2
qa: h m; polygon w 0 0 11 0 15 1.67 11 3.33 15 5 11 6.67 15 8.33 11 10 15 11.67 11 13.33 15 15 11 16.67 15 18.33 11
    20 15 21.67 11 23.33 15 25 11 26.67 15 28.33 11 30 0 30
ro: v b y r
rs: h r b w; shield r 15 13.5 7 9; bird w 15 13 3.4; shield r 15 13.6 1.6 2; polygon y 12.4 8.6 12.4 5.6 13.8 7 15 5
    16.2 7 17.6 5.6 17.6 8.6
ru: h w b r
rw: h t2 y g; sun y 33 6 4.2 24
sa: h g; writing w 20 11 22; box w 11 19.5 18 .9; box w 25 18.6 .8 2.8
sb: h b; polygon g 40 0 40 30 0 30; rising y 3; stars w 1.9 4 4 12 4 8 8 4 12 12 12
sc: h b; polygon y 0 30 13.3 0 26.7 0; polygon r 0 30 26.7 0 40 0 40 10; polygon w 0 30 40 10 40 20; polygon g 0 30
    40 20 40 30
sd: h r w k; triangle g 13.3
se: h b; cross y 6 14 15
sg: h r w; moon w 9 7.5 5 2.4; stars w 1.2 13 4.2 10.6 6.2 15.4 6.2 11.5 9.2 14.5 9.2
si: h w b r; shield b 10 10 6 8; polygon w 7.4 11.6 9 9.4 10 7.4 11 9.4 12.6 11.6 10 13.4
sk: h w b r; shield w 13 15.4 11.6 14; shield r 13 15.2 10.4 12.6; box w 12.4 10.4 1.2 8; box w 10.8 12 4.4 1.2; box
    w 10 14.6 6 1.2; disc b 13 19.6 2
sl: h g w b
sm: h w l; ring g 20 15 5 .9; shield l 20 15 4.6 5.6; polygon w 18.2 16 20 12.6 21.8 16
sn: v g y r; star g 20 15 4.4
so: h l; star w 20 15 6
sr: h g2 w r4 w g2; star y 20 15 5
ss: h k6 w1 r6 w1 g6; triangle b 18; star y 6 15 4
st: h g2 y3 g2; triangle r 10; star k 20 15 3; star k 30 15 3
sv: h b w b; ring g 20 15 4.4 .8; polygon y 20 11.8 22.8 17 17.2 17
sy: h g w k; stars r 2 11 15 20 15 29 15
sz: h b3 y1 r8 y1 b3; polygon k 8 15 14 11 20 10.6 20 19.4 14 19; polygon w 20 10.6 26 11 32 15 26 19 20 19.4; box s
    6 14.6 28 .8
td: v b y r
tg: h g y g y g; box r 0 0 18 18; star w 9 9 5
th: h r w b2 w r
tj: h r2 w3 g2; polygon y 17.4 17 17.4 14.4 18.8 15.6 20 13.6 21.2 15.6 22.6 14.4 22.6 17; stars y .7 15.6 15.4 16.4
    13.4 18 12 20 11.4 22 12 23.6 13.4 24.4 15.4
tl: h r; triangle y 23; triangle k 15; star w 5 15 3.6
tm: h g; box r 5 0 8 30; star y 9 5 2.6 8; star w 9 12 2.6 8; star y 9 19 2.6 8; star w 9 26 2.6 8; moon w 19 8 4;
    stars w .9 22 4.6 23.6 6.8 22 8.4 24.6 9.4 22.8 11.2
tn: h r; disc w 20 15 7.6; moon r 20.6 15 5.4; star r 22 15 2.8
to: h r; box w 0 0 17 13; box r 7 2 3 9; box r 4 5 9 3
tr: h r; moon w 15 15 7; star w 23 15 3
tt: h r; falling w 9; falling k 6.6
tv: h l; jack 0 0 20 15; stars y 1.6 24 26 28 22.4 31.6 18.6 35.6 14.4 35.6 24 24 20.6 38 10 28 14 34 4.6
tz: h g; polygon t 40 0 40 30 0 30; rising y 11; rising k 8
ua: h b y
ug: h k y r k y r; disc w 20 15 5; bird k 20 15 3.4
us: h r w r w r w r w r w r w r; box n 0 0 17 16.15; stars w .85 2 2 5 2 8 2 11 2 14.6 2 3.5 4 6.5 4 9.5 4 12.8 4 2
    6 5 6 8 6 11 6 14.6 6 3.5 8 6.5 8 9.5 8 12.8 8 2 10 5 10 8 10 11 10 14.6 10 3.5 12 6.5 12 9.5 12 12.8 12 2 14.2
    5 14.2 8 14.2 11 14.2 14.6 14.2
uy: h w b w b w b w b w; box w 0 0 16 16.67; sun y 8 8.3 5.4 16
uz: h t6 r.4 w6 r.4 g6; moon w 7 5 3.4; stars w .8 18 2.6 20.6 2.6 15.4 5 18 5 20.6 5 12.8 7.4 15.4 7.4 18 7.4 20.6
    7.4
va: v y w; polygon s 27 10 28 9.2 33.4 19 32.4 19.8; polygon y 33 10 32 9.2 26.6 19 27.6 19.8; polygon s 28.4 9.4 30
    5.6 31.6 9.4
vc: v b y2 g; polygon g 16.4 8 19 12.6 16.4 17.2 13.8 12.6; polygon g 23.6 8 26.2 12.6 23.6 17.2 21 12.6; polygon g
    20 14.6 22.6 19.2 20 23.8 17.4 19.2
ve: h y b r; stars w 1.4 12.6 17.6 13.8 14.8 15.8 12.8 18.4 11.8 21.6 11.8 24.2 12.8 26.2 14.8 27.4 17.6
vn: h r; star y 20 15 8
vu: h r g; box k 0 12 40 6; triangle k 20; polygon k 0 0 6 0 24 12.6 24 17.4 6 30 0 30; polygon y 0 2.4 15 13.8 40
    13.8 40 16.2 15 16.2 0 27.6 0 24.6 12.6 15 0 5.4; moon y 6 15 3.4 .1; ring y 6 15 3.4 1
ws: h r; box n 0 0 20 15; stars w 1.7 10 3 6 7 14 6.4 10 12; star w 11.6 8.6 1
ye: h r w k
za: h r w b; polygon w 0 0 3 0 20 12 40 10 40 20 20 18 3 30 0 30; polygon g 0 0 0 0 21 12.4 40 12.4 40 17.6 21 17.6
    0 30; polygon w 0 2 16 15 0 28; polygon y 0 3.4 14 15 0 26.6; polygon k 0 6 11 15 0 24; polygon g 40 12.4 40
    17.6 20 17.6 20 12.4
zm: h g; bird o 33 6 4; box r 28 11 3.4 19; box k 31.4 11 3.4 19; box o 34.8 11 3.4 19
zw: h g y r k r y g; polygon k 0 0 18 15 0 30; polygon w 0 1.2 16.6 15 0 28.8; star r 6 15 4; bird y 6 15 2.4
"""

FLAGS = dict(" ".join(entry.split()).split(": ", 1) for entry in re.split(r"\n(?! )", _TABLE.strip()))
"""Country -> how its flag is drawn."""
