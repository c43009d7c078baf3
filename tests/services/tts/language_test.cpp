#include "services/tts/language.hpp"

#include <array>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/tts/speech.hpp"

namespace onput::tts {
namespace {

std::string language_of(std::string_view text, std::string_view fallback) {
    return detect_language(text, fallback).language;
}

struct Sample {
    std::string_view language;
    std::string_view text;
};

// Own sentences, of the length of a short note.
constexpr std::array samples{
    Sample{
        "en",
        "The weather was cold, and we stayed at home with a book that my sister had given to me."},
    Sample{"vi", "Hôm nay trời đẹp, chúng tôi đi dạo trong công viên và uống cà phê với bạn bè."},
    Sample{"de",
           "Das Wetter war kalt, und wir blieben zu Hause mit einem Buch, das ich von der "
           "Schwester habe."},
    Sample{"fr",
           "Il faisait froid et nous sommes restés à la maison avec un livre que ma sœur nous a "
           "donné."},
    Sample{"es",
           "Hacía frío y nos quedamos en casa con un libro que me había dado mi hermana para el "
           "año nuevo."},
    Sample{"it",
           "Faceva freddo e siamo rimasti a casa con un libro che mia sorella mi aveva dato per il "
           "viaggio."},
    Sample{"pt", "Estava frio e nós ficamos em casa com um livro que a minha irmã não quis mais."},
    Sample{"nl",
           "Het was koud en wij bleven thuis met een boek dat mijn zus aan mij had gegeven voor de "
           "reis."},
    Sample{"sv",
           "Det var kallt och vi stannade hemma med en bok som min syster hade gett till mig på "
           "resan."},
    Sample{"pl", "Było zimno i zostaliśmy w domu z książką, którą dała mi siostra na podróż."},
    Sample{"cs",
           "Bylo chladno a zůstali jsme doma s knihou, kterou mi dala sestra na cestu, protože "
           "řekla, že je dobrá."},
    Sample{"tr",
           "Hava soğuktu ve evde kaldık; kız kardeşimin bana verdiği kitap çok güzel bir şey gibi "
           "geldi."},
    Sample{"fi",
           "Oli kylmä ja me olimme kotona, mutta kirja oli hyvä ja se kertoi että kesä on kaunis."},
    Sample{"id",
           "Cuaca sangat dingin dan kami tinggal di rumah dengan buku yang diberikan oleh kakak "
           "saya untuk perjalanan ini."},
    Sample{"cmn", "今天天气很好，我们去公园散步，然后喝咖啡。"},
    Sample{"ja", "今日は天気がいいので、公園を散歩してコーヒーを飲みました。"},
    Sample{"ko", "오늘은 날씨가 좋아서 공원을 산책하고 커피를 마셨습니다."},
    Sample{"ru", "Сегодня хорошая погода, мы гуляли в парке и пили кофе."},
    Sample{"uk", "Сьогодні гарна погода, ми гуляли в парку і пили каву з її братом."},
    Sample{"el", "Σήμερα ο καιρός είναι καλός και περπατήσαμε στο πάρκο."},
    Sample{"ar", "الطقس جميل اليوم وقد تمشينا في الحديقة وشربنا القهوة."},
    Sample{"fa", "امروز هوا خوب است و ما در پارک قدم زدیم و چای نوشیدیم."},
    Sample{"he", "מזג האוויר יפה היום והלכנו לטייל בפארק."},
    Sample{"th", "วันนี้อากาศดี เราไปเดินเล่นในสวนและดื่มกาแฟ"},
    Sample{"hi", "आज मौसम अच्छा है, हम पार्क में टहले और चाय पी।"},
    Sample{"ta", "இன்று வானிலை நன்றாக உள்ளது, நாங்கள் பூங்காவில் நடந்தோம்."},
    Sample{"ka", "დღეს კარგი ამინდია, ჩვენ პარკში ვისეირნეთ."},
};

TEST(Language, each_sample_is_recognised) {
    for (const Sample& sample : samples) {
        EXPECT_EQ(language_of(sample.text, "en"), sample.language) << sample.text;
    }
}

// Languages that words in common made another: own sentences.
TEST(Language, neighbours_are_told_apart) {
    constexpr std::array neighbours{
        Sample{"fi", "Ihmiset kulkivat kadulla ja puhuivat kesästä, joka oli tulossa pian."},
        Sample{"et", "Inimesed kõndisid tänaval ja rääkisid suvest, mis oli varsti tulemas."},
        Sample{"ca", "Avui fa bon temps i hem anat a passejar pel parc amb els nostres amics."},
        Sample{"hu", "Ma szép idő van, és a barátainkkal sétáltunk egyet a parkban délután."},
        Sample{"sk", "Dnes je pekné počasie a s priateľmi sme sa boli prejsť v parku."},
        Sample{"bg", "Днес времето е хубаво и се разходихме в парка с нашите приятели."},
        Sample{"mk", "Денеска времето е убаво и прошетавме во паркот со нашите пријатели."},
        Sample{"ur", "آج موسم اچھا ہے اور ہم نے دوستوں کے ساتھ پارک میں سیر کی۔"},
        Sample{"ne", "आज मौसम राम्रो छ र हामी साथीहरूसँग पार्कमा घुम्न गयौं।"},
        Sample{"lt", "Šiandien gražus oras, todėl su draugais vaikščiojome po parką."},
        Sample{"lv", "Šodien ir jauks laiks, un mēs ar draugiem pastaigājāmies parkā."},
        Sample{"sw", "Leo hali ya hewa ni nzuri na tulitembea katika bustani na marafiki zetu."},
    };
    for (const Sample& sample : neighbours) {
        EXPECT_EQ(language_of(sample.text, "en"), sample.language) << sample.text;
        EXPECT_TRUE(find_voice(sample.language)) << sample.language;
    }
}

TEST(Language, each_recognised_language_has_a_voice) {
    for (const Sample& sample : samples) {
        EXPECT_TRUE(find_voice(sample.language)) << sample.language;
    }
}

TEST(Language, a_text_without_a_hint_is_in_the_fallback) {
    EXPECT_EQ(language_of("", "vi"), "vi");
    EXPECT_EQ(language_of("12345 - 67890", "de"), "de");
    EXPECT_EQ(language_of("Xylophon", "de"), "de");
}

TEST(Language, a_script_without_a_voice_is_not_taken_for_the_fallback) {
    EXPECT_EQ(language_of("དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག ང་ཚོ་གླིང་ཀར་འཆམ་འཆམ་ལ་ཕྱིན་པ་ཡིན།", "en"), "und-Tibt");
    EXPECT_FALSE(find_voice("und"));
}

TEST(Language, letters_that_russian_or_arabic_lack_are_another_languages) {
    constexpr std::array others{
        Sample{"und-Cyrl", "Өнөөдөр цаг агаар сайхан байна, бид цэцэрлэгт зугаалж кофе уусан."},
        Sample{"und-Cyrl", "Бүген һава яхшы, без паркта йөрдек һәм дуслар белән кофе эчтек."},
        Sample{"und-Cyrl", "Паян ҫанталӑк лайӑх, эпир паркра уҫӑлса ҫӳрерӗмӗр, кофе ӗҫрӗмӗр."},
        Sample{"und-Arab", "بۈگۈن ھاۋا ياخشى، بىز باغچىدا سەيلە قىلىپ قەھۋە ئىچتۇق."},
        Sample{"und-Arab", "اڄ موسم سٺو آهي، اسان پارڪ ۾ گهمياسين ۽ چانهه پيتيسين."},
        Sample{"ru", "привет"},
        Sample{"ru", "ёлка"},
        Sample{"ar", "سلام"},
    };
    for (const Sample& sample : others) {
        EXPECT_EQ(language_of(sample.text, "en"), sample.language) << sample.text;
    }
}

TEST(Language, a_foreign_name_does_not_change_the_language) {
    EXPECT_EQ(language_of(
                  "She flew from Nguyễn's home to the city of Москва and was happy with it.", "en"),
              "en");
    EXPECT_EQ(
        language_of("我们去看了アニメ。今天天气很好，我们还去公园散步，然后和很多朋友一起喝咖啡，"
                    "大家都觉得这一天过得非常愉快，晚上才回家休息。",
                    "en"),
        "cmn");
}

TEST(Language, only_the_beginning_counts) {
    std::string text;
    while (text.size() < language_sample_bytes)
        text += "This is the way that it was in the beginning. ";
    for (int i = 0; i < 10'000; ++i) text += "Das ist nicht das Ende. ";
    EXPECT_EQ(language_of(text, "fr"), "en");
}

// Own sentences.
constexpr std::string_view shan = "မိူဝ်ႈၼႆႉၾႃႉၽူၼ်လီႁႂ်ႈႁဝ်းၵႂႃႇလဵၼ်ႈၼႂ်းသူၼ်မွၵ်ႇတင်းပီႈၼွင်ႉ။";
constexpr std::string_view burmese =
    "ဒီနေ့ ရာသီဥတု ကောင်းတယ်။ ကျွန်တော်တို့ ပန်းခြံထဲမှာ လမ်းလျှောက်ပြီး ကော်ဖီ သောက်ခဲ့တယ်။";

TEST(Language, shan_is_not_taken_for_burmese_whose_script_it_shares) {
    EXPECT_EQ(language_of(burmese, "en"), "my");
    EXPECT_EQ(language_of(shan, "en"), "shn");
    EXPECT_TRUE(find_voice("shn"));
    // Mon.
    EXPECT_EQ(language_of("ဗွဲမဂၠိုၚ်ညးတံဂှ် ကၠုၚ်ညာတ်ရံၚ် ကလေၚ်စၟဳစၟတ် ကွာန်ဍုၚ်ညးတံရ။", "en"), "und-Mymr");
}

TEST(Language, two_languages_of_one_script_beside_others_are_no_unknown_one) {
    const auto text =
        fmt::format("{0}\n\n{1}\n\n{2}\n\n{2}", samples[2].text,
                    "Сегодня хорошая погода, мы гуляли в парке и пили кофе.",
                    "Сьогодні гарна погода, ми гуляли в парку і пили каву з її братом.");
    EXPECT_FALSE(language_of(text, "en").starts_with("und")) << language_of(text, "en");
}

TEST(Language, a_heading_does_not_make_a_text_another) {
    const std::string tibetan = "དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག་ང་ཚོ་གླིང་ཁར་འགྲོ་ཡི་ཡིན།";
    EXPECT_EQ(language_of(fmt::format("{0}\n\nTibetan\n\n{0}\n\n{0}\n\n{0}", tibetan), "en"),
              "und-Tibt");
}

TEST(Language, how_sure_it_is_goes_with_it) {
    EXPECT_GT(detect_language(samples[0].text, "fr").confidence, 90);
    EXPECT_EQ(detect_language("Xylophon", "de").confidence, 0);
    EXPECT_EQ(detect_language("привет", "de").confidence, 0);
}

TEST(Language, of_several_the_one_of_most_paragraphs_is_the_texts) {
    const auto& [english, vietnamese, german, french] =
        std::tie(samples[0].text, samples[1].text, samples[2].text, samples[3].text);
    const auto text =
        fmt::format("{0}\n\n{1}\n\n{2}\n\n{3}\n\n{1}\n\n{1}", english, vietnamese, german, french);
    const auto seen = detect_language(text, "en");
    EXPECT_EQ(seen.language, "vi");
    EXPECT_GT(seen.confidence, 30);
    EXPECT_LT(seen.confidence, 60);
}

TEST(ParagraphLanguage, another_language_is_seen_in_every_text) {
    for (const std::string_view main : {"en", "vi", "ja", "ru", "cmn"}) {
        for (const Sample& sample : samples) {
            const auto seen = paragraph_language(sample.text, main);
            EXPECT_EQ(seen.language, sample.language) << main << ": " << sample.text;
        }
    }
}

TEST(ParagraphLanguage, what_is_short_stays_with_its_text_unless_its_script_is_another) {
    EXPECT_EQ(paragraph_language("Chapter 12: Le Mans", "en").language, "en");
    EXPECT_EQ(paragraph_language("Jean-Jacques Rousseau", "de-AT").language, "de");
    EXPECT_EQ(paragraph_language("12345", "vi").language, "vi");
    EXPECT_EQ(paragraph_language("", "vi").language, "vi");
    EXPECT_EQ(paragraph_language("привет", "en-us").language, "ru");
    EXPECT_EQ(paragraph_language("こんにちは", "en").language, "ja");
    EXPECT_EQ(paragraph_language("第一章", "ja").language, "ja");
    EXPECT_EQ(paragraph_language("第一章", "en").language, "cmn");
    EXPECT_EQ(paragraph_language("Добар дан", "uk").language, "uk");
    EXPECT_EQ(paragraph_language("Windows 11", "ru").language, "ru");
}

TEST(ParagraphLanguage, letters_of_another_script_are_told) {
    EXPECT_FALSE(paragraph_language(samples[0].text, "vi").is_other_script);
    EXPECT_TRUE(paragraph_language(samples[0].text, "ru").is_other_script);
    EXPECT_TRUE(paragraph_language(shan, "en").is_other_script);
    EXPECT_EQ(paragraph_language(shan, "en").language, "shn");
    EXPECT_TRUE(paragraph_language(shan, "en").is_unreadable);
    EXPECT_FALSE(paragraph_language(samples[0].text, "ru").is_unreadable);
    // One letter is a sign, and some languages have two scripts.
    EXPECT_FALSE(paragraph_language("π = 3.14", "en").is_other_script);
    EXPECT_FALSE(paragraph_language("Ўзбекистон", "uz").is_other_script);
    EXPECT_FALSE(paragraph_language("سڵاو", "ku").is_other_script);
    // A language that ICU does not know has no script that another could be.
    EXPECT_FALSE(paragraph_language("привет", "qqq").is_other_script);
}

TEST(Language, a_tag_is_looked_for_from_special_to_general) {
    EXPECT_EQ(language_candidates("pt_BR"), (std::vector<std::string>{"pt-br", "pt"}));
    EXPECT_EQ(language_candidates("zh-TW"), (std::vector<std::string>{"zh-tw", "zh", "cmn"}));
    EXPECT_EQ(language_candidates("zh-HK"),
              (std::vector<std::string>{"zh-hk", "yue", "zh", "cmn"}));
    EXPECT_TRUE(language_candidates("").empty());
}

}  // namespace
}  // namespace onput::tts
