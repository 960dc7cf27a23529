//! A folder of small documents: three formats, nine languages.

use std::fs;
use std::path::Path;

/// Writes the documents into a folder.
pub(crate) fn write(folder: &Path) {
    for (path, text) in DOCUMENTS {
        let path = folder.join(path);
        let parent = path.parent().expect("is below the folder");
        fs::create_dir_all(parent).expect("is created");
        fs::write(path, text).expect("is written");
    }
}

pub(crate) const DOCUMENTS: [(&str, &str); 12] = [
    (
        "README.md",
        "# Field notes\n\nThese notes describe how people make food and measure the world around them. \
         Each note stands in a file of its own and can be read alone.\n\n## License\n\nThe notes are free for everybody.\n",
    ),
    (
        "animals/bees.md",
        "# Honey bees\n\nHoney bees live in colonies of many thousand workers and a single queen. \
         A worker bee visits up to a hundred flowers on one flight for nectar.\n\n\
         ## Dance\n\nA bee that has found a rich field dances on the comb to tell the others. \
         The angle of the dance gives the direction of the field against the sun. \
         The length of the dance tells the other bees how far they have to fly.\n\n\
         ```rust\nfn main() { println!(\"not prose\"); }\n```\n",
    ),
    (
        "sea/tides.html",
        "<!doctype html><html><head><title>Tides - Field notes</title><style>p{color:red}</style></head>\
         <body><nav><a href=\"/\">Home</a></nav><main><h1>Tides</h1>\
         <p>The pull of the moon raises the water of the sea twice a day. \
         At new moon and full moon the sun adds to the pull, and the tides are highest.</p>\
         <h2>Measuring</h2><p>A tide gauge is a float in a well that follows the level of the sea. \
         Harbour masters have written down the level of the sea for three hundred years.</p>\
         <script>track()</script></main></body></html>",
    ),
    (
        "bread.txt",
        "Bread\n\nA sourdough is a mixture of flour and water in which wild yeast has grown for days.\n\
         The baker keeps a part of the sourdough back and feeds it for the next bread.\n\n\
         A long rest in the cold gives the dough more taste and makes the bread keep longer.\n",
    ),
    (
        "de/fahrrad.md",
        "# Das Fahrrad\n\nDas Fahrrad ist das sparsamste Verkehrsmittel, das der Mensch erfunden hat. \
         Ein Radfahrer braucht für dieselbe Strecke ein Fünftel der Kraft eines Fußgängers.\n\n\
         ## Geschichte\n\nDie Laufmaschine von 1817 hatte noch keine Pedale und wurde mit den Füßen angeschoben. \
         Erst die Kette zum Hinterrad machte das Fahrrad sicher und schnell.\n",
    ),
    (
        "fr/fromage.html",
        "<html><body><article><h1>Le fromage</h1>\
         <p>Le fromage est une manière ancienne de garder le lait pendant des mois. \
         La présure fait cailler le lait et sépare le caillé du petit-lait.</p>\
         <p>Un fromage à pâte dure demande plusieurs mois de cave avant d&rsquo;être mangé.</p>\
         </article></body></html>",
    ),
    (
        "es/aceite.txt",
        "El aceite de oliva\n\nEl aceite de oliva se obtiene de la aceituna sin usar calor ni disolventes.\n\
         Las aceitunas se recogen en otoño y se muelen el mismo día para que el aceite sea suave.\n",
    ),
    (
        "ru/chai.md",
        "# Чай\n\nЧайный куст растёт в горах, где тепло и часто идут дожди. \
         Зелёный и чёрный чай делают из листьев одного и того же куста.\n\n\
         Для чёрного чая листья долго окисляются, а зелёный чай сразу нагревают.\n",
    ),
    (
        "ja/midori.md",
        "# 緑茶\n\n緑茶は摘んだ葉をすぐに蒸して酸化を止めたお茶である。\
         一番茶は五月に摘まれ、香りがもっとも強いと言われている。\n\n湯の温度が高すぎると、お茶は苦くなる。\n",
    ),
    (
        "zh/silk.html",
        "<html><body><h1>丝绸</h1><p>蚕吃桑叶,一个月之后吐丝结茧。\
         一个茧的丝可以长达一千米,几个茧的丝合成一根线。</p></body></html>",
    ),
    (
        "ar/qahwa.txt",
        "القهوة\n\nتزرع القهوة في الجبال حيث يكون الجو معتدلا والمطر كثيرا.\n\
         تحمص حبوب القهوة قبل طحنها حتى تظهر رائحتها القوية.\n",
    ),
    ("empty.md", ""),
];
