"""Languages, words, keywords."""

import pytest

from shared.language import detect, keywords, vocabulary

SENTENCES = {
    "en": "The quick brown fox jumps over the lazy dog and then it was not there any more because of the rain.",
    "de": "Der schnelle braune Fuchs springt über den faulen Hund und dann war er nicht mehr da, weil es geregnet hat.",
    "fr": "Le renard brun saute par-dessus le chien paresseux et puis il n'était plus là parce que la pluie tombait.",
    "es": "El zorro marrón salta sobre el perro perezoso y luego ya no estaba allí porque la lluvia caía sobre la casa.",
    "it": "La volpe marrone salta sopra il cane pigro e poi non era più lì perché la pioggia cadeva sulla casa.",
    "pt": "A raposa marrom salta sobre o cão preguiçoso e depois já não estava lá porque a chuva caía sobre a casa.",
    "nl": "De snelle bruine vos springt over de luie hond en toen was hij er niet meer omdat het had geregend.",
    "pl": "Szybki brązowy lis skacze nad leniwym psem i potem już go tam nie było, ponieważ deszcz padał na dom.",
    "sv": "Den snabba bruna räven hoppar över den lata hunden och sedan var den inte där längre eftersom det regnade.",
    "da": "Den hurtige brune ræv springer over den dovne hund, og så var den ikke længere der, fordi det regnede af sted.",
    "fi": "Nopea kettu hyppää laiskan koiran yli ja sitten se ei ollut enää siellä, koska talon päälle satoi vettä.",
    "cs": "Rychlá hnědá liška skáče přes líného psa a pak už tam nebyla, protože na dům v městě pršelo a bylo to tak.",
    "hu": "A gyors barna róka átugrik a lusta kutya felett, és aztán már nem volt ott, mert az eső esett a házra.",
    "ro": "Vulpea maro sare peste câinele leneș și apoi nu mai era acolo pentru că ploaia cădea pe casa din oraș.",
    "tr": "Hızlı tilki tembel köpeğin üzerinden atlar ve sonra artık orada değil çünkü bu ev için çok daha yağmur var.",
    "ru": "Быстрая коричневая лиса прыгает через собаку, и потом её уже не было там, потому что дождь шёл на дом.",
    "uk": "Швидка лисиця стрибає через ледачого собаку, і потім її вже не було там, тому що дощ ішов на дім.",
    "bg": "Бързата кафява лисица скача през мързеливото куче и след това вече я нямаше, защото валеше върху къщата.",
    "vi": "Con cáo nâu nhảy qua con chó lười và sau đó nó không còn ở đó nữa vì mưa rơi trên nhà của người dân.",
    "id": "Rubah cokelat yang cepat melompat di atas anjing malas dan kemudian tidak ada lagi di sana karena hujan.",
    "el": "Η γρήγορη αλεπού πηδάει πάνω από το τεμπέλικο σκυλί και μετά δεν ήταν πια εκεί.",
    "he": "השועל החום המהיר קופץ מעל הכלב העצלן ואז הוא לא היה שם יותר",
    "ar": "الثعلب البني السريع يقفز فوق الكلب الكسول ثم لم يعد هناك بسبب المطر",
    "fa": "روباه قهوه‌ای سریع از روی سگ تنبل می‌پرد و سپس دیگر آنجا نبود زیرا باران می‌بارید",
    "hi": "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर से कूदती है और फिर वह वहाँ नहीं थी",
    "th": "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ",
    "zh": "敏捷的棕色狐狸跳过了懒狗，然后它就不在那里了，因为下雨了",
    "ja": "素早い茶色の狐がのろまな犬を飛び越えて、それからもういなかった",
    "ko": "빠른 갈색 여우가 게으른 개를 뛰어넘고 그 후에는 더 이상 거기에 없었다",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_tells_its_language(language: str) -> None:
    text = SENTENCES[language]
    assert detect(text, vocabulary(text)) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Home Products Contact",
        "12 34 56 78 90 12 34 56 78 90 12 34 56 78",
        "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore",
        "AC-1200 XR5 M8x40 DIN912 A2-70 PTFE EPDM NBR FKM IP67 RAL9005 USB-C HDMI",
    ],
)
def test_what_is_not_prose_has_no_language(text: str) -> None:
    assert detect(text, vocabulary(text)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one, two - three & four's", 4),
        ("don’t re-read", 2),
        ("word—word", 2),
        ("敏捷的狐狸", 3),
        ("พูดไทย", 3),
        ("한국어 두 단어", 3),
        ("3,5 kg", 2),
        ("Привет, мир!", 2),
    ],
)
def test_words(text: str, words: int) -> None:
    assert vocabulary(text).words == words


def test_keywords_are_repeated_terms_without_function_words() -> None:
    text = "The knife and the stone. The stone sharpens the knife, and a knife is a tool. 2026 2026"
    assert keywords(vocabulary(text), "en") == (("knife", 3), ("stone", 2))
    assert len(keywords(vocabulary(" ".join(f"term{chr(97 + n)}" for n in range(26)) * 2), None)) <= 20
