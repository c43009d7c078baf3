#include "services/tts/left_out.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/utf8.hpp"

namespace onput::tts {

void LeftOut::add(std::string_view phrase) {
    ++count;
    if (named.size() == phrases_named_max) return;
    const std::string_view beginning = utf8_prefix(phrase, named_phrase_bytes_max);
    named.push_back(fmt::format("{}{}", beginning, beginning.size() < phrase.size() ? "..." : ""));
}

void LeftOut::add(const LeftOut& more) {
    count += more.count;
    for (const std::string& phrase : more.named) {
        if (named.size() < phrases_named_max) named.push_back(phrase);
    }
}

std::string describe_left_out(const LeftOut& phrases) {
    if (phrases.count == 0) return "";
    std::string text =
        fmt::format(", {} phrase{} left out, which the speech engine cannot say:", phrases.count,
                    phrases.count == 1 ? "" : "s");
    for (const std::string& phrase : phrases.named) text += fmt::format(" \"{}\"", phrase);
    return text;
}

std::string left_out_metadata(const LeftOut& phrases) {
    std::string text;
    for (const std::string& phrase : phrases.named)
        text += fmt::format("{}{}", text.empty() ? "" : ",", percent_encode(phrase));
    return text;
}

}  // namespace onput::tts
