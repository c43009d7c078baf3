// SSML's say-as and w: what is said for a text. Pure.
//
// Numbers, dates and times are written so that the engine reads them as meant ("3rd", "10:15",
// "March 4 1999"); names of months and of units are English's, and in another language the numbers
// stay, which the engine reads in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::tts {

struct SayAs {
    std::string_view interpret_as;
    std::string_view format;    // Of a date: "mdy", "dmy", "ymd", "md", ... "yyyymmdd".
    std::string_view language;  // "en-US"
};

// Fails with invalid_argument for an unknown interpret-as or format. A text that is not what it
// should be read as is read as it stands, as Polly does.
Result<std::string> say_as(const SayAs& how, std::string_view text);

// The pronunciation of an English word that has two, in IPA, by its role ("amazon:VBD"); empty
// where the text alone says it. Nothing for an unknown role.
std::optional<std::string> word_by_role(std::string_view word, std::string_view role);

// What is said for an expletive.
inline constexpr std::string_view expletive = "beep";

}  // namespace onput::tts
