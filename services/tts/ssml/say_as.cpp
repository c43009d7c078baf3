#include "services/tts/ssml/say_as.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/text.hpp"
#include "common/base/utf8.hpp"

namespace onput::tts {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool are_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}
bool is_english(std::string_view language) {
    return language.empty() || starts_with_ignoring_case(language, "en");
}

// With a comma after each, so that a letter is not taken for a word.
std::string spell(std::string_view text) {
    std::string result;
    for_each_code_point(text, [&result](char32_t code) {
        if (code == ' ' || code == '\n' || code == '\t') return;
        if (!result.empty()) result += ", ";
        append_utf8(code, result);
    });
    return result;
}

std::string spell_digits(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (is_digit(c) && !result.empty() && result.back() != ' ') result += ' ';
        result += c;
        if (is_digit(c)) result += ' ';
    }
    return std::string(trimmed(result));
}

// Without the marks between thousands, which the engine takes for pauses.
std::string cardinal(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_inside = i > 0 && i + 1 < text.size();
        const bool parts_digits = is_inside && is_digit(text[i - 1]) && is_digit(text[i + 1]);
        if (text[i] == ',' && parts_digits) continue;
        result += text[i];
    }
    return result;
}

std::string ordinal(std::string_view text, std::string_view language) {
    const std::string number = cardinal(trimmed(text));
    if (!are_digits(number)) return std::string(text);
    if (!is_english(language)) return number + ".";
    const bool is_teen = number.size() > 1 && number[number.size() - 2] == '1';
    switch (is_teen ? '0' : number.back()) {
        case '1': return number + "st";
        case '2': return number + "nd";
        case '3': return number + "rd";
        default: return number + "th";
    }
}

// "2/9", "3+1/2".
std::string fraction(std::string_view text, std::string_view language) {
    const auto slash = text.find('/');
    const auto plus = text.find('+');
    if (slash == text.npos || (plus != text.npos && plus > slash)) return std::string(text);
    const auto whole = plus == text.npos ? std::string_view() : trimmed(text.substr(0, plus));
    const auto start = plus == text.npos ? 0 : plus + 1;
    const auto above = trimmed(text.substr(start, slash - start));
    const auto below = trimmed(text.substr(slash + 1));
    if (!are_digits(above) || !are_digits(below) || !is_english(language)) {
        return std::string(text);
    }
    std::string parts;
    if (below == "2") {
        parts = above == "1" ? "half" : "halves";
    } else if (below == "4") {
        parts = above == "1" ? "quarter" : "quarters";
    } else {
        parts = ordinal(below, language) + (above == "1" ? "" : "s");
        if (below == "3") parts = above == "1" ? "third" : "thirds";
    }
    if (whole.empty()) return fmt::format("{} {}", above, parts);
    return fmt::format("{} and {} {}", whole, above == "1" ? "a" : above, parts);
}

std::string unit(std::string_view text, std::string_view language) {
    static constexpr auto names = std::to_array<std::pair<std::string_view, Pair>>({
        {"\"", {"inch", "inches"}},
        {"in", {"inch", "inches"}},
        {"'", {"foot", "feet"}},
        {"ft", {"foot", "feet"}},
        {"yd", {"yard", "yards"}},
        {"mi", {"mile", "miles"}},
        {"mph", {"mile an hour", "miles an hour"}},
        {"mm", {"millimeter", "millimeters"}},
        {"cm", {"centimeter", "centimeters"}},
        {"m", {"meter", "meters"}},
        {"km", {"kilometer", "kilometers"}},
        {"km/h", {"kilometer an hour", "kilometers an hour"}},
        {"mg", {"milligram", "milligrams"}},
        {"g", {"gram", "grams"}},
        {"kg", {"kilogram", "kilograms"}},
        {"t", {"ton", "tons"}},
        {"oz", {"ounce", "ounces"}},
        {"lb", {"pound", "pounds"}},
        {"lbs", {"pound", "pounds"}},
        {"ml", {"milliliter", "milliliters"}},
        {"l", {"liter", "liters"}},
        {"gal", {"gallon", "gallons"}},
        {"ms", {"millisecond", "milliseconds"}},
        {"s", {"second", "seconds"}},
        {"sec", {"second", "seconds"}},
        {"min", {"minute", "minutes"}},
        {"h", {"hour", "hours"}},
        {"hr", {"hour", "hours"}},
        {"hz", {"hertz", "hertz"}},
        {"khz", {"kilohertz", "kilohertz"}},
        {"w", {"watt", "watts"}},
        {"kw", {"kilowatt", "kilowatts"}},
        {"v", {"volt", "volts"}},
        {"kb", {"kilobyte", "kilobytes"}},
        {"mb", {"megabyte", "megabytes"}},
        {"gb", {"gigabyte", "gigabytes"}},
        {"%", {"percent", "percent"}},
        {"°c", {"degree Celsius", "degrees Celsius"}},
        {"°f", {"degree Fahrenheit", "degrees Fahrenheit"}},
    });
    const auto end = text.find_first_not_of("0123456789.,+- ");
    if (end == 0 || end == text.npos || !is_english(language)) return std::string(text);
    const auto number = trimmed(text.substr(0, end));
    const std::string name = lower_case(trimmed(text.substr(end)));
    for (const auto& [sign, words] : names) {
        if (sign == name) {
            return fmt::format("{} {}", number, number == "1" ? words.first : words.second);
        }
    }
    return std::string(text);
}

// As years are read: "19 99", "19 hundred", "19 oh 5", "2005".
std::string year(std::string_view text, std::string_view language) {
    if (!are_digits(text) || text.size() != 4 || !is_english(language)) return std::string(text);
    const auto century = text.substr(0, 2);
    const auto rest = text.substr(2);
    if (text[1] == '0' && text[2] == '0') return std::string(text);
    if (rest == "00") return fmt::format("{} hundred", century);
    if (rest[0] == '0') return fmt::format("{} oh {}", century, rest[1]);
    return fmt::format("{} {}", century, rest);
}

std::string month(std::string_view text, std::string_view language) {
    static constexpr std::array<std::string_view, 12> months{
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    const auto number = parse_number<std::size_t>(text);
    const bool is_named = number && *number >= 1 && *number <= 12 && is_english(language);
    return is_named ? std::string(months.at(*number - 1)) : std::string(text);
}

std::string day(std::string_view text, std::string_view language) {
    if (text.starts_with('0') && text.size() > 1) text.remove_prefix(1);
    return is_english(language) ? ordinal(text, language) : std::string(text);
}

// The fields of a date by its format's letters; nothing when they are not numbers.
std::optional<std::vector<std::string_view>> date_fields(std::string_view format,
                                                         std::string_view text) {
    std::vector<std::string_view> fields;
    if (format == "yyyymmdd" && text.size() == 8) {
        return std::vector{text.substr(0, 4), text.substr(4, 2), text.substr(6, 2)};
    }
    while (!text.empty()) {
        const auto end = text.find_first_of("/-. ");
        const auto field = text.substr(0, end);
        // "????0922": a date without its year.
        if (!are_digits(field)) return {};
        fields.push_back(field);
        text = end == text.npos ? std::string_view() : text.substr(end + 1);
    }
    if (fields.size() != format.size()) return {};
    return fields;
}

Result<std::string> date(const SayAs& how, std::string_view text) {
    static constexpr std::array<std::string_view, 11> formats{"",   "mdy", "dmy", "ymd", "md", "dm",
                                                              "ym", "my",  "d",   "m",   "y"};
    const bool is_compact = how.format == "yyyymmdd";
    if (!is_compact && std::ranges::find(formats, how.format) == formats.end()) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("say-as has no date format '{}'", how.format.substr(0, 32)));
    }
    if (is_compact && text.starts_with("????") && text.size() == 8) {
        return date({.interpret_as = how.interpret_as, .format = "md", .language = how.language},
                    fmt::format("{}/{}", text.substr(4, 2), text.substr(6, 2)));
    }
    const std::string_view letters = is_compact || how.format.empty() ? "ymd" : how.format;
    const auto fields = date_fields(is_compact ? how.format : letters, text);
    if (!fields) return std::string(text);
    std::array<std::string, 3> parts;  // Month, day, year: as they are said.
    for (std::size_t i = 0; i < fields->size(); ++i) {
        const std::string_view field = (*fields)[i];
        if (letters[i] == 'm') parts[0] = month(field, how.language);
        if (letters[i] == 'd') parts[1] = day(field, how.language);
        if (letters[i] == 'y') parts[2] = year(field, how.language);
    }
    if (!is_english(how.language)) std::swap(parts[0], parts[1]);
    std::erase(parts[0], ' ');
    std::string result;
    for (const std::string& part : parts) {
        if (!part.empty() && !result.empty()) result += ' ';
        result += part;
    }
    return result;
}

// "1'21"", a duration, or a time of day, which the engine reads well: "10:15".
std::string time(std::string_view text, std::string_view language) {
    const auto minutes_end = text.find('\'');
    if (minutes_end == text.npos || !is_english(language)) return std::string(text);
    const auto minutes = trimmed(text.substr(0, minutes_end));
    auto seconds = trimmed(text.substr(minutes_end + 1));
    if (seconds.ends_with('"')) seconds.remove_suffix(1);
    if (!are_digits(minutes) || (!seconds.empty() && !are_digits(seconds))) {
        return std::string(text);
    }
    std::string result = fmt::format("{} {}", minutes, minutes == "1" ? "minute" : "minutes");
    if (!seconds.empty()) {
        result += fmt::format(" {} {}", seconds, seconds == "1" ? "second" : "seconds");
    }
    return result;
}

std::string address(std::string_view text, std::string_view language) {
    static constexpr auto words = std::to_array<Pair>({{"st", "Street"},
                                                       {"ave", "Avenue"},
                                                       {"blvd", "Boulevard"},
                                                       {"rd", "Road"},
                                                       {"dr", "Drive"},
                                                       {"ln", "Lane"},
                                                       {"ct", "Court"},
                                                       {"pl", "Place"},
                                                       {"sq", "Square"},
                                                       {"hwy", "Highway"},
                                                       {"apt", "Apartment"},
                                                       {"n", "North"},
                                                       {"s", "South"},
                                                       {"e", "East"},
                                                       {"w", "West"}});
    if (!is_english(language)) return std::string(text);
    std::string result;
    while (!text.empty()) {
        const auto end = text.find_first_of(" \n\t,");
        auto word = text.substr(0, end);
        const auto rest = end == text.npos ? std::string_view() : text.substr(end);
        const std::string bare =
            lower_case(word.ends_with('.') ? word.substr(0, word.size() - 1) : word);
        const auto* const found = std::ranges::find(words, bare, &Pair::first);
        result += found == words.end() ? word : found->second;
        if (!rest.empty()) result += rest.front();
        text = rest.empty() ? rest : rest.substr(1);
    }
    return result;
}

// Digit by digit, with the pauses that its groups have.
std::string telephone(std::string_view text) {
    std::string result;
    bool is_new_group = false;
    for (const char c : text) {
        if (is_digit(c)) {
            if (!result.empty()) result += is_new_group ? ", " : " ";
            result += c;
            is_new_group = false;
        } else if (c == '+') {
            result += "plus";
        } else {
            is_new_group = !result.empty();
            if (lower_case(c) == 'x') result += ", extension";
        }
    }
    return result.empty() ? std::string(text) : result;
}

}  // namespace

Result<std::string> say_as(const SayAs& how, std::string_view text) {
    const std::string_view kind = how.interpret_as;
    if (kind == "characters" || kind == "spell-out") return spell(text);
    if (kind == "cardinal" || kind == "number") return cardinal(text);
    if (kind == "ordinal") return ordinal(text, how.language);
    if (kind == "digits") return spell_digits(text);
    if (kind == "fraction") return fraction(trimmed(text), how.language);
    if (kind == "unit") return unit(trimmed(text), how.language);
    if (kind == "date") return date(how, trimmed(text));
    if (kind == "time") return time(trimmed(text), how.language);
    if (kind == "address") return address(text, how.language);
    if (kind == "expletive" || kind == "bleep") return std::string(expletive);
    if (kind == "telephone") return telephone(text);
    return fail(ErrorCode::invalid_argument,
                fmt::format("say-as has no interpret-as '{}'", kind.substr(0, 32)));
}

std::optional<std::string> word_by_role(std::string_view word, std::string_view role) {
    struct Sound {
        std::string_view word;
        std::string_view role;  // Without "amazon:".
        std::string_view ipa;
    };
    static constexpr auto sounds = std::to_array<Sound>({
        {"read", "VB", "ˈɹiːd"},       {"read", "VBD", "ˈɹɛd"},
        {"lead", "VB", "ˈliːd"},       {"lead", "NN", "ˈlɛd"},
        {"live", "VB", "ˈlɪv"},        {"live", "JJ", "ˈlaɪv"},
        {"wind", "VB", "ˈwaɪnd"},      {"wind", "NN", "ˈwɪnd"},
        {"tear", "VB", "ˈtɛɹ"},        {"tear", "NN", "ˈtɪɹ"},
        {"bow", "VB", "ˈbaʊ"},         {"bow", "NN", "ˈboʊ"},
        {"close", "VB", "ˈkloʊz"},     {"close", "JJ", "ˈkloʊs"},
        {"use", "VB", "ˈjuːz"},        {"use", "NN", "ˈjuːs"},
        {"house", "VB", "ˈhaʊz"},      {"house", "NN", "ˈhaʊs"},
        {"record", "VB", "ɹəˈkɔːɹd"},  {"record", "NN", "ˈɹɛkɚd"},
        {"present", "VB", "pɹəˈzɛnt"}, {"present", "NN", "ˈpɹɛzənt"},
        {"object", "VB", "əbˈdʒɛkt"},  {"object", "NN", "ˈɑːbdʒɛkt"},
        {"content", "JJ", "kənˈtɛnt"}, {"content", "NN", "ˈkɑːntɛnt"},
        {"bass", "DT", "ˈbeɪs"},       {"bass", "SENSE_1", "ˈbæs"},
        {"wound", "VBD", "ˈwaʊnd"},    {"wound", "NN", "ˈwuːnd"},
    });
    static constexpr std::array<std::string_view, 6> roles{"VB", "VBD", "DT",
                                                           "NN", "JJ",  "SENSE_1"};
    constexpr std::string_view prefix = "amazon:";
    if (!role.starts_with(prefix)) return {};
    role.remove_prefix(prefix.size());
    if (std::ranges::find(roles, role) == roles.end()) return {};
    const std::string wanted = lower_case(word);
    for (const Sound& sound : sounds) {
        if (sound.word == wanted && sound.role == role) return std::string(sound.ipa);
    }
    return std::string();
}

}  // namespace onput::tts
