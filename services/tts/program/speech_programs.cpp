#include "services/tts/program/speech_programs.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <ranges>
#include <set>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/errno_text.hpp"
#include "common/base/printable.hpp"
#include "common/base/text.hpp"
#include "common/json/reader.hpp"
#include "services/tts/language.hpp"
#include "services/tts/onnx/voices.hpp"
#include "services/tts/polly_voices.hpp"
#include "services/tts/voice.hpp"

namespace onput::tts {
namespace {

constexpr std::size_t word_bytes_max = 512;
constexpr std::size_t name_bytes_max = 64;
constexpr std::uint32_t memory_mb_most = 64 * 1024;
constexpr std::uint32_t seconds_most = 3600;
constexpr std::array<std::string_view, 6> placeholders{"voice", "language", "rate",
                                                       "speed", "stretch",  "pitch"};

std::unexpected<Error> wrong(std::string_view where, std::string_view what) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: {}", where, what));
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= name_bytes_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

// One object of the file: each member is taken by its name, and what is left is not known.
class Members {
public:
    static Result<Members> of(const json::Value& value, std::string where) {
        if (value.object() != nullptr) return Members(*value.object(), std::move(where));
        return wrong(where, "is not an object");
    }

    [[nodiscard]] const std::string& where() const { return where_; }

    const json::Value* take(std::string_view name) {
        taken_.insert(name);
        return object_->find(name);
    }

    // Empty when it is not there.
    Result<std::string> text(std::string_view name) {
        const json::Value* const value = take(name);
        if (value == nullptr) return std::string();
        const bool is_good = value->text() != nullptr && !value->text()->empty() &&
                             value->text()->size() <= word_bytes_max;
        if (is_good) return *value->text();
        return wrong(where_,
                     fmt::format("{} is not a text of 1 to {} bytes", name, word_bytes_max));
    }

    Result<std::vector<std::string>> texts(std::string_view name) {
        const json::Value* const value = take(name);
        std::vector<std::string> all;
        if (value == nullptr) return all;
        const auto not_texts = [&] {
            return wrong(where_, fmt::format("{} is not a list of at most {} texts", name,
                                             program_words_max));
        };
        if (value->array() == nullptr || value->array()->size() > program_words_max)
            return not_texts();
        for (const json::Value& item : *value->array()) {
            const std::string* const text = item.text();
            if (text == nullptr || text->empty() || text->size() > word_bytes_max ||
                text->contains('\0')) {
                return not_texts();
            }
            all.push_back(*text);
        }
        return all;
    }

    Result<bool> flag(std::string_view name) {
        const json::Value* const value = take(name);
        if (value == nullptr) return false;
        if (value->flag() != nullptr) return *value->flag();
        return wrong(where_, fmt::format("{} is neither true nor false", name));
    }

    struct Bounds {
        std::uint32_t usual = 0;
        std::uint32_t most = 0;
    };
    Result<std::uint32_t> number(std::string_view name, Bounds bounds) {
        const json::Value* const value = take(name);
        if (value == nullptr) return bounds.usual;
        const std::int64_t* const number = value->integer();
        if (number != nullptr && *number >= 1 && *number <= bounds.most)
            return static_cast<std::uint32_t>(*number);
        return wrong(where_, fmt::format("{} is not a number from 1 to {}", name, bounds.most));
    }

    // Empty: it is not there.
    Result<std::string> one_of(std::string_view name, std::string_view a, std::string_view b) {
        ONPUT_TRY(std::string text, text(name));
        if (text.empty() || text == a || text == b) return text;
        return wrong(where_, fmt::format("{} is neither \"{}\" nor \"{}\"", name, a, b));
    }

    [[nodiscard]] Result<void> expect_no_others() const {
        for (const json::Member& member : *object_) {
            if (!taken_.contains(member.name))
                return wrong(where_,
                             fmt::format("there is no member '{}'", printable(member.name)));
        }
        return {};
    }

private:
    Members(const json::Object& object, std::string where)
        : object_(&object), where_(std::move(where)) {}

    const json::Object* object_;
    std::string where_;
    std::set<std::string_view> taken_;
};

Result<ProgramVoice> read_voice(const json::Value& value, std::string where) {
    ONPUT_TRY(Members members, Members::of(value, std::move(where)));
    ProgramVoice voice;
    ONPUT_TRY(voice.id, members.text("id"));
    if (!is_name(voice.id)) {
        return wrong(
            members.where(),
            fmt::format("id is not 1 to {} letters, digits, '-', '_' and '.'", name_bytes_max));
    }
    ONPUT_TRY(voice.language, members.text("language"));
    if (!is_name(voice.language) || voice.language.size() > language_tag_bytes_max)
        return wrong(members.where(), "language is not a tag like \"de-DE\"");
    ONPUT_TRY(voice.voice, members.text("voice"));
    if (voice.voice.empty()) voice.voice = voice.id;
    ONPUT_TRY(voice.name, members.text("name"));
    if (voice.name.empty()) voice.name = voice.id;
    ONPUT_TRY(voice.gender, members.one_of("gender", "Female", "Male"));
    if (voice.gender.empty()) voice.gender = "Male";
    ONPUT_TRY(voice.is_default, members.flag("default"));
    ONPUT_TRY_VOID(members.expect_no_others());
    return voice;
}

// The names between braces that the words have must be placeholders.
Result<void> check_command(const std::vector<std::string>& command, const std::string& where) {
    if (command.empty() || !command.front().starts_with('/'))
        return wrong(where, "command does not begin with a whole path");
    for (const std::string& word : command) {
        for (auto begin = word.find('{'); begin != word.npos; begin = word.find('{', begin + 1)) {
            const auto end = word.find('}', begin);
            if (end == word.npos) break;
            const auto name = std::string_view(word).substr(begin + 1, end - begin - 1);
            if (std::ranges::find(placeholders, name) != placeholders.end()) continue;
            return wrong(where, fmt::format("command: {{{}}} is none of {{{}}}", printable(name),
                                            fmt::join(placeholders, "}, {")));
        }
    }
    return {};
}

Result<SpeechProgram> read_program(const json::Value& value, std::string where) {
    ONPUT_TRY(Members members, Members::of(value, std::move(where)));
    SpeechProgram program;
    ONPUT_TRY(program.name, members.text("name"));
    if (!is_name(program.name)) {
        return wrong(
            members.where(),
            fmt::format("name is not 1 to {} letters, digits, '-', '_' and '.'", name_bytes_max));
    }
    ONPUT_TRY(program.command, members.texts("command"));
    ONPUT_TRY_VOID(check_command(program.command, members.where()));
    ONPUT_TRY(program.readable, members.texts("readable"));
    for (const std::string& path : program.readable) {
        if (!path.starts_with('/')) return wrong(members.where(), "readable has no whole path");
    }
    ONPUT_TRY(program.engine, members.one_of("engine", standard_engine, neural_engine));
    if (program.engine.empty()) program.engine = standard_engine;
    ONPUT_TRY(const bool starts_others, members.flag("processes"));
    if (starts_others) program.others = worker::OtherProcesses::allowed;
    ONPUT_TRY(program.memory_mb,
              members.number("memory_mb", {.usual = program.memory_mb, .most = memory_mb_most}));
    ONPUT_TRY(const std::uint32_t seconds,
              members.number("seconds", {.usual = 120, .most = seconds_most}));
    program.time = std::chrono::seconds(seconds);
    const json::Value* const voices = members.take("voices");
    if (voices == nullptr || voices->array() == nullptr || voices->array()->empty() ||
        voices->array()->size() > program_voices_max) {
        return wrong(members.where(),
                     fmt::format("voices is not a list of 1 to {} voices", program_voices_max));
    }
    for (const json::Value& each : *voices->array()) {
        ONPUT_TRY(ProgramVoice voice, read_voice(each, fmt::format("{}.voices[{}]", members.where(),
                                                                   program.voices.size())));
        program.voices.push_back(std::move(voice));
    }
    ONPUT_TRY_VOID(members.expect_no_others());
    return program;
}

struct Loaded {
    std::vector<SpeechProgram> programs;
    std::vector<LoadedVoice> voices;  // Of them.
};

// Loaded once, before any job.
Loaded& loaded() {
    static Loaded all;
    return all;
}

Result<void> check_voices(const std::vector<SpeechProgram>& programs) {
    for (const SpeechProgram& program : programs) {
        for (const ProgramVoice& voice : program.voices) {
            // A natural voice may be installed later.
            if (find_call_voice(voice.id, "", "") || !pack_of_voice(voice.id).empty()) {
                return fail(ErrorCode::invalid_argument,
                            fmt::format("program {}: there is a voice '{}' already: give the "
                                        "program's another id",
                                        program.name, voice.id));
            }
        }
    }
    return {};
}

}  // namespace

Result<std::vector<SpeechProgram>> parse_speech_programs(std::string_view text) {
    const auto document = json::read(text, {.depth_max = 8, .repeated = json::Repeated::refused});
    if (!document) return fail(ErrorCode::invalid_argument, json::explain(document.error()));
    ONPUT_TRY(Members members, Members::of(*document, "the file"));
    const json::Value* const list = members.take("programs");
    if (list == nullptr || list->array() == nullptr ||
        list->array()->size() > speech_programs_max) {
        return wrong("the file",
                     fmt::format("programs is not a list of at most {}", speech_programs_max));
    }
    ONPUT_TRY_VOID(members.expect_no_others());
    std::vector<SpeechProgram> programs;
    std::set<std::string> ids;
    for (const json::Value& each : *list->array()) {
        const std::string where = fmt::format("programs[{}]", programs.size());
        ONPUT_TRY(SpeechProgram program, read_program(each, where));
        for (const ProgramVoice& voice : program.voices) {
            if (!ids.insert(lower_case(voice.id)).second)
                return wrong(where, fmt::format("the voice '{}' is there twice", voice.id));
        }
        programs.push_back(std::move(program));
    }
    return programs;
}

std::vector<std::string> command_of(const SpeechProgram& program, const ProgramVoice& voice,
                                    const ProgramSettings& settings) {
    const double speed = settings.rate_wpm / 175.0;
    const std::array<std::pair<std::string_view, std::string>, placeholders.size()> values{
        {{"{voice}", voice.voice},
         {"{language}", voice.language},
         {"{rate}", fmt::format("{}", settings.rate_wpm)},
         {"{speed}", fmt::format("{:.3f}", speed)},
         {"{stretch}", fmt::format("{:.3f}", 1 / speed)},
         {"{pitch}", fmt::format("{}", settings.pitch)}}};
    std::vector<std::string> command = program.command;
    // Not of the program's own path. A value is not searched again.
    for (std::string& word : command | std::views::drop(1)) {
        std::string filled;
        for (std::size_t at = 0; at < word.size();) {
            const auto* const found = std::ranges::find_if(values, [&](const auto& value) {
                return std::string_view(word).substr(at).starts_with(value.first);
            });
            filled += found == values.end() ? std::string(1, word[at]) : found->second;
            at += found == values.end() ? 1 : found->first.size();
        }
        word = std::move(filled);
    }
    return command;
}

Result<void> load_speech_programs(const std::string& file) {
    if (file.empty()) return {};
    const auto in_file = [&file](Error error) {
        return std::unexpected(std::move(error).with_context("programs that speak, " + file));
    };
    std::ifstream stream(file, std::ios::binary);
    std::string text(speech_programs_bytes_max + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (!stream.eof() || text.size() > speech_programs_bytes_max) {
        return in_file({.code = ErrorCode::invalid_argument,
                        .message = fmt::format("it cannot be read, or has more than {} bytes",
                                               speech_programs_bytes_max)});
    }
    auto programs = parse_speech_programs(text);
    if (!programs) return in_file(std::move(programs).error());
    if (auto checked = check_voices(*programs); !checked) return in_file(checked.error());
    for (const SpeechProgram& program : *programs) {
        if (::access(program.command.front().c_str(), X_OK) == 0) continue;
        return in_file({.code = ErrorCode::not_found,
                        .message = fmt::format("program {}: {}: {}", program.name,
                                               program.command.front(), errno_text())});
    }
    Loaded all{.programs = *std::move(programs), .voices = {}};
    for (const SpeechProgram& program : all.programs) {
        for (const ProgramVoice& voice : program.voices)
            all.voices.push_back({.program = &program, .voice = &voice});
    }
    loaded() = std::move(all);
    return {};
}

const std::vector<LoadedVoice>& program_voices() {
    return loaded().voices;
}

const LoadedVoice* find_program_voice(std::string_view id) {
    const auto& all = program_voices();
    const auto found = std::ranges::find_if(
        all, [id](const LoadedVoice& each) { return equal_ignoring_case(each.voice->id, id); });
    return found == all.end() ? nullptr : &*found;
}

bool is_of_program(const Voice& voice) {
    return find_program_voice(voice.name) != nullptr;
}

std::string program_request(std::string_view voice_id, const ProgramSettings& settings) {
    return fmt::format("{} {} {}", voice_id, settings.rate_wpm, settings.pitch);
}

Result<worker::Program> find_speech_program(std::string_view request) {
    const auto refused = [] {
        return fail(ErrorCode::invalid_argument, "a request for a program that is none");
    };
    const auto first = request.find(' ');
    const auto second = request.rfind(' ');
    if (first == request.npos || first == second) return refused();
    const LoadedVoice* const found = find_program_voice(request.substr(0, first));
    const auto rate = parse_number<std::int32_t>(request.substr(first + 1, second - first - 1));
    const auto pitch = parse_number<std::int32_t>(request.substr(second + 1));
    if (found == nullptr || !rate || !pitch) return refused();
    const ProgramSettings settings{.rate_wpm = std::clamp(*rate, 80, 450),
                                   .pitch = std::clamp(*pitch, 0, 100)};
    const SpeechProgram& program = *found->program;
    return worker::Program{.name = program.name,
                           .command = command_of(program, *found->voice, settings),
                           .readable = program.readable,
                           .others = program.others,
                           .memory_bytes = std::uint64_t{program.memory_mb} << 20,
                           .output_bytes = program_sound_bytes_max,
                           .time = program.time};
}

}  // namespace onput::tts
