#include "services/tts/language.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "services/tts/utf8.hpp"

namespace onput::tts {
namespace {

struct ScriptRange {
    char32_t first;
    char32_t last;
    std::string_view
        language;  // That the script is taken for; "latin" and "han" are decided further.
};

constexpr std::array<ScriptRange, 33> scripts{{
    {0x0041, 0x005a, "latin"}, {0x0061, 0x007a, "latin"}, {0x00c0, 0x024f, "latin"},
    {0x1e00, 0x1eff, "latin"}, {0x0370, 0x03ff, "el"},    {0x1f00, 0x1fff, "el"},
    {0x0400, 0x052f, "ru"},    {0x0531, 0x058f, "hy"},    {0x05d0, 0x05f2, "he"},
    {0x0620, 0x06ff, "ar"},    {0x0750, 0x077f, "ar"},    {0x0904, 0x097f, "hi"},
    {0x0985, 0x09ff, "bn"},    {0x0a05, 0x0a7f, "pa"},    {0x0a85, 0x0aff, "gu"},
    {0x0b05, 0x0b7f, "or"},    {0x0b83, 0x0bff, "ta"},    {0x0c05, 0x0c7f, "te"},
    {0x0c85, 0x0cff, "kn"},    {0x0d05, 0x0d7f, "ml"},    {0x0d85, 0x0dff, "si"},
    {0x0e01, 0x0e5b, "th"},    {0x1000, 0x109f, "my"},    {0x10a0, 0x10ff, "ka"},
    {0x1200, 0x139f, "am"},    {0x1100, 0x11ff, "ko"},    {0xac00, 0xd7a3, "ko"},
    {0x3041, 0x30ff, "ja"},    {0x31f0, 0x31ff, "ja"},    {0x3400, 0x4dbf, "han"},
    {0x4e00, 0x9fff, "han"},   {0xf900, 0xfaff, "han"},   {0x20000, 0x323af, "han"},
}};

std::string_view script_of(char32_t code) {
    for (const ScriptRange& range : scripts) {
        if (code >= range.first && code <= range.last) return range.language;
    }
    return {};
}

// Letters of one language within a script that several share. `of_text` is the text's count of
// letters of the script at which one such letter decides.
struct TellingLetters {
    std::string_view script;
    std::string_view language;
    std::u32string_view letters;
    std::size_t of_text;
};

constexpr std::array<TellingLetters, 8> telling_letters{{
    {"ru", "be", U"\u045e\u040e", 100},
    {"ru", "sr", U"\u0458\u0459\u045a\u045b\u0452\u045f\u0408\u0409\u040a\u040b\u0402\u040f", 100},
    {"ru", "kk", U"\u04d9\u0493\u049b\u04a3\u04e9\u04b1\u04af\u04bb\u04d8\u0492\u049a\u04a2", 50},
    {"ru", "uk", U"\u0456\u0457\u0454\u0491\u0406\u0407\u0404\u0490", 100},
    {"ar", "ur", U"\u0679\u0688\u0691\u06d2\u06ba\u06be", 50},
    {"ar", "fa", U"\u067e\u0686\u0698\u06af\u06a9\u06cc", 50},
    // Vietnamese alone writes tone marks upon these, and horned o and u.
    {"latin", "vi", U"\u01a1\u01b0\u01a0\u01af", 20},
    {"hi", "mr", U"\u0933", 50},
}};

bool is_vietnamese_tone(char32_t code) {
    return code >= 0x1ea0 && code <= 0x1ef9;
}

// A Latin language by its commonest words and by letters that few others use. A letter in `marks`
// counts as a word does.
struct LatinLanguage {
    std::string_view language;
    std::u32string_view words;  // Between spaces, lower case.
    std::u32string_view marks;
};

constexpr std::array<LatinLanguage, 16> latin_languages{{
    {"en",
     U" the of and to in is that it was for with as his on be at by this had not are but from have "
     U"they which you "
     U"were her she an we there their been has would what will who more if out so said i he my all "
     U"no when your ",
     U""},
    {"de",
     U" der die und in den von zu das mit sich des auf f\u00fcr ist im dem nicht ein eine als auch "
     U"es an werden "
     U"aus er hat dass sie nach wird bei einer um am sind noch wie einem \u00fcber einen so zum "
     U"war haben nur oder ich ",
     U"\u00df\u00e4"},
    {"fr",
     U" de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il "
     U"sont avec elle "
     U"son aux mais comme ou nous cette ils vous je on tout sa leur ces \u00eatre ont "
     U"\u00e9t\u00e9 ",
     U"\u00e8\u00f9\u0153\u00ea"},
    {"es",
     U" de la que el en y a los se del las un por con no una su para es al lo como m\u00e1s o pero "
     U"sus le ha me si "
     U"sin sobre este ya entre cuando todo esta ser son dos tambi\u00e9n fue hab\u00eda muy hasta "
     U"desde est\u00e1 ",
     U"\u00f1\u00bf\u00a1"},
    {"it",
     U" di e il la che in a per un del non una \u00e8 le con si da i sono della alla come nel "
     U"pi\u00f9 ma gli al dei "
     U"delle anche lo dal nella se ha su questo era suo essere ed pu\u00f2 perch\u00e9 cos\u00ec ",
     U"\u00f2\u00ec"},
    {"pt",
     U" de a o que e do da em um para \u00e9 com n\u00e3o uma os no se na por mais as dos como mas "
     U"foi ao ele das "
     U"tem \u00e0 seu sua ou ser quando muito h\u00e1 nos j\u00e1 est\u00e1 eu tamb\u00e9m s\u00f3 "
     U"pelo pela at\u00e9 isso ",
     U"\u00e3\u00f5"},
    {"nl",
     U" de van het een en in is dat op te zijn met voor niet aan er die als ook maar om bij nog "
     U"naar dan of "
     U"door over ze hij uit wordt werd haar deze kan geen je worden heeft was tot ik ",
     U"\u0133"},
    {"sv",
     U" och i att det som en p\u00e5 \u00e4r av f\u00f6r med den till inte har de ett om jag var "
     U"men sig fr\u00e5n vi "
     U"s\u00e5 kan n\u00e4r \u00e5r han nu eller sin efter skulle hade ut hon mycket d\u00e4r "
     U"blev ",
     U"\u00e5\u00e4"},
    {"da",
     U" og i at det en den til er som p\u00e5 de med han af for ikke der var mig sig men et har om "
     U"vi min havde "
     U"ham hun nu over da fra du ud sin dem os op hans hvor eller hvad skal selv blev ",
     U"\u00e6\u00f8\u00e5"},
    {"nb",
     U" og i det p\u00e5 som er en til \u00e5 han av for med at var de ikke den har jeg om et men "
     U"seg hun hadde fra "
     U"sa s\u00e5 da skal etter n\u00e5r kan bare opp ut v\u00e6re meg noe bli ble ",
     U"\u00e6\u00f8\u00e5"},
    {"fi",
     U" ja on ei se ett\u00e4 oli h\u00e4n mutta ovat kun niin my\u00f6s kuin tai joka ole sen "
     U"h\u00e4nen mit\u00e4 "
     U"olen t\u00e4m\u00e4 nyt vain sitten jos minun siit\u00e4 ollut koko kanssa mukaan "
     U"sek\u00e4 ",
     U""},
    {"pl",
     U" w i na z do nie si\u0119 jest to \u017ce o jak a po co od za jego ale przez dla tym tak "
     U"by\u0142o czy ju\u017c "
     U"ich przy ma by\u0107 oraz tylko jej mo\u017ce mnie bardzo kt\u00f3ry kt\u00f3re kiedy ",
     U"\u0142\u017c\u017a\u015b\u0144\u0119\u0105\u0107"},
    {"cs",
     U" a v se na je \u017ee s z do to i o k ve pro jako za by ale si po jsem tak jeho od byl co "
     U"p\u0159i jsou nebo "
     U"jen kter\u00fd kter\u00e9 bylo u\u017e aby tento m\u00e1 ",
     U"\u0159\u011b\u016f"},
    {"ro",
     U" de \u0219i \u00een a la cu pe nu care din o se un pentru mai este ce au sau dar fost ca "
     U"s\u0103 fi ei lui "
     U"sunt aceast\u0103 prin dup\u0103 ",
     U"\u0219\u021b\u0103"},
    {"tr",
     U" ve bir bu da de i\u00e7in ile olarak \u00e7ok daha olan gibi ne o var kadar sonra en ama "
     U"her ben mi onun "
     U"ya de\u011fil iki \u015fey yok olduğu ",
     U"\u0131\u011f\u015f\u0130"},
    {"id",
     U" yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka "
     U"sudah oleh "
     U"kita seperti bisa telah adalah kepada lebih atau orang anda ",
     U""},
}};

char32_t to_lower(char32_t code) {
    if (code >= 'A' && code <= 'Z') return code + 32;
    if (code >= 0xc0 && code <= 0xde && code != 0xd7) return code + 32;
    const bool even_is_upper =
        (code >= 0x100 && code <= 0x137) || (code >= 0x14a && code <= 0x177) ||
        (code >= 0x218 && code <= 0x21b) || (code >= 0x1e00 && code <= 0x1eff);
    if (even_is_upper && code != 0x130 && code != 0x131) return code | 1;
    const bool odd_is_upper = (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e);
    if (odd_is_upper && code % 2 == 1) return code + 1;
    return code;
}

// What the sample holds, counted in one pass.
struct Counts {
    std::map<std::string_view, std::size_t> letters;  // Per script.
    std::map<std::string_view, std::size_t> telling;  // Per language of telling_letters.
    std::map<std::string_view, std::size_t> latin;    // Per Latin language: words and marks.
};

void count_word(const std::u32string& word, Counts& counts) {
    if (word.empty() || word.size() > 20) return;
    const std::u32string spaced = U" " + word + U" ";
    for (const LatinLanguage& language : latin_languages) {
        if (language.words.contains(spaced)) ++counts.latin[language.language];
    }
}

void count_letter(char32_t code, std::string_view script, Counts& counts) {
    ++counts.letters[script];
    for (const TellingLetters& telling : telling_letters) {
        if (telling.script == script && telling.letters.contains(code))
            ++counts.telling[telling.language];
    }
    if (is_vietnamese_tone(code)) ++counts.telling["vi"];
    if (script != "latin" || code < 0x80) return;
    for (const LatinLanguage& language : latin_languages) {
        if (language.marks.contains(to_lower(code))) ++counts.latin[language.language];
    }
}

Counts count(std::string_view utf8) {
    Counts counts;
    std::u32string word;
    for_each_code_point(utf8, [&](char32_t code) {
        const std::string_view script = script_of(code);
        if (!script.empty()) count_letter(code, script, counts);
        if (script == "latin") {
            word += to_lower(code);
            return;
        }
        count_word(word, counts);
        word.clear();
    });
    count_word(word, counts);
    return counts;
}

std::size_t count_of(const std::map<std::string_view, std::size_t>& counts, std::string_view name) {
    const auto found = counts.find(name);
    return found == counts.end() ? 0 : found->second;
}

// The script that most of the text is in. An ideograph or syllable says as much as several letters.
std::string_view main_script(const Counts& counts) {
    std::string_view best;
    std::size_t most = 0;
    for (const auto& [script, letters] : counts.letters) {
        const bool is_dense = script == "han" || script == "ja" || script == "ko";
        const std::size_t weight = letters * (is_dense ? 3 : 1);
        if (weight > most) best = script;
        most = std::max(most, weight);
    }
    return best;
}

std::string_view latin_language(const Counts& counts, std::string_view fallback) {
    std::string_view best = fallback;
    // Of two with the same score the fallback is the likelier; and one hit alone is chance.
    std::size_t most = std::max<std::size_t>(count_of(counts.latin, fallback), 1);
    for (const LatinLanguage& language : latin_languages) {
        const std::size_t score = count_of(counts.latin, language.language);
        if (score > most) best = language.language;
        most = std::max(most, score);
    }
    return best;
}

}  // namespace

std::string detect_language(std::string_view utf8, std::string_view fallback) {
    const Counts counts = count(utf8.substr(0, language_sample_bytes));
    std::string_view script = main_script(counts);
    if (script.empty()) return std::string(fallback);
    // Japanese mixes both; Chinese has no kana, but a name in a Chinese text may.
    const std::size_t kana = count_of(counts.letters, "ja");
    const std::size_t han = count_of(counts.letters, "han");
    if (script == "han" || script == "ja") return kana * 10 > han ? "ja" : "cmn";
    for (const TellingLetters& telling : telling_letters) {
        if (telling.script != script) continue;
        if (count_of(counts.telling, telling.language) * telling.of_text >
            count_of(counts.letters, script)) {
            return std::string(telling.language);
        }
    }
    if (script == "latin") return std::string(latin_language(counts, fallback));
    return std::string(script);
}

std::vector<std::string> language_candidates(std::string_view tag) {
    std::string lower(tag.substr(0, language_tag_bytes_max));
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == '_') c = '-';
    }
    // What others call a language, and what espeak-ng does.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 10> aliases{
        {{"zh-hk", "yue"},
         {"zh-yue", "yue"},
         {"zh", "cmn"},
         {"no", "nb"},
         {"nn", "nb"},
         {"iw", "he"},
         {"in", "id"},
         {"fil", "ms"},
         {"sh", "hr"},
         {"ckb", "ku"}}};
    std::vector<std::string> candidates;
    while (!lower.empty()) {
        candidates.push_back(lower);
        for (const auto& [name, voice] : aliases) {
            if (lower == name) candidates.emplace_back(voice);
        }
        const std::size_t dash = lower.rfind('-');
        lower.resize(dash == lower.npos ? 0 : dash);
    }
    return candidates;
}

}  // namespace onput::tts
