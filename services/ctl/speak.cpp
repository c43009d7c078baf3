// `onput speak` and `onput voices`: the tts workers, asked from the command line.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/text.hpp"
#include "common/schema/json.hpp"
#include "common/schema/speech.hpp"
#include "common/speech/near_languages.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/worker_call.hpp"

namespace onput::ctl {
namespace {

struct Ending {
    std::string_view of_name;
    std::string_view format;
};
constexpr std::array endings{
    Ending{".mp3", "mp3"},    Ending{".ogg", "ogg_vorbis"}, Ending{".opus", "ogg_opus"},
    Ending{".pcm", "pcm"},    Ending{".ulaw", "mulaw"},     Ending{".alaw", "alaw"},
    Ending{".marks", "json"},
};

Result<std::string> choose_format(const SpeakOptions& options) {
    if (!options.format.empty()) return options.format;
    if (options.output.empty()) return "mp3";
    for (const auto& ending : endings) {
        if (options.output.ends_with(ending.of_name)) return std::string(ending.format);
    }
    return fail(ErrorCode::invalid_argument,
                fmt::format("no format is known by the name {}: end it with .mp3, .ogg, .opus, "
                            ".pcm, .ulaw or .alaw, or say --format",
                            options.output));
}

Result<std::string> read_text(const SpeakOptions& options) {
    std::string text = options.text;
    if (text.empty() || text == "-") {
        if (text.empty() && ::isatty(STDIN_FILENO) != 0) {
            return fail(ErrorCode::invalid_argument,
                        "nothing to say: onput speak \"text\", or a text on standard input");
        }
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
    }
    return text;
}

// Where the sound goes: a file, a player, or standard output.
class Outlet {
public:
    static Result<Outlet> open(const SpeakOptions& options) {
        if (options.plays) {
            // ffplay tells formats by their bytes.
            std::FILE* player =
                ::popen("ffplay -autoexit -nodisp -loglevel error - 2>&1", "w");  // NOLINT
            if (player == nullptr) return fail(ErrorCode::unavailable, "start ffplay");
            return Outlet(player, &::pclose);
        }
        if (options.output.empty() || options.output == "-") {
            if (::isatty(STDOUT_FILENO) == 0) return Outlet(stdout, &std::fflush);
            return fail(ErrorCode::invalid_argument,
                        "sound is not for a terminal: -o FILE, --play, or a pipe");
        }
        std::FILE* file = std::fopen(options.output.c_str(), "wb");
        if (file == nullptr) {
            return fail(ErrorCode::invalid_argument, fmt::format("open {}", options.output));
        }
        return Outlet(file, &std::fclose);
    }

    Result<void> write(std::string_view bytes) {
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) return {};
        return failure();
    }
    Result<void> close() {
        const auto closing = file_.get_deleter();
        return closing(file_.release()) == 0 ? Result<void>() : failure();
    }

private:
    [[nodiscard]] std::unexpected<Error> failure() const {
        return fail(ErrorCode::resource_exhausted,
                    is_player_ ? "the sound could not be played: --play needs ffmpeg's ffplay"
                               : "the sound could not be written");
    }
    using Close = int (*)(std::FILE*);
    Outlet(std::FILE* file, Close closing)
        : file_(file, closing), is_player_(closing == &::pclose) {}
    std::unique_ptr<std::FILE, Close> file_;
    bool is_player_;
};

Result<void> check_player(const SpeakOptions& options, std::string_view format) {
    if (!options.plays) return {};
    if (!options.output.empty())
        return fail(ErrorCode::invalid_argument, "--play or -o FILE, not both");
    const bool is_told_by_bytes = format == "mp3" || format.starts_with("ogg");
    if (is_told_by_bytes) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("--play takes mp3, ogg_vorbis or ogg_opus, whose bytes say what they "
                            "are, and not {}",
                            format));
}

Result<schema::SynthesizeSpeech> read_speech(const SpeakOptions& options) {
    ONPUT_TRY(std::string format, choose_format(options));
    ONPUT_TRY_VOID(check_player(options, format));
    ONPUT_TRY(std::string text, read_text(options));
    return schema::SynthesizeSpeech{.text = std::move(text),
                                    .is_ssml = options.is_ssml,
                                    .voice = options.voice,
                                    .engine = options.engine,
                                    .format = std::move(format),
                                    .sample_rate = options.sample_rate,
                                    .marks = options.marks,
                                    .lexicons = {}};
}

Result<schema::SpeechSynthesized> speak(Peers& peers, const SpeakOptions& options) {
    ONPUT_TRY(const auto speech, read_speech(options));
    std::optional<Outlet> outlet;
    // Opened with the first bytes, so that a refusal leaves no empty file.
    const auto sink = [&outlet, &options](std::string_view bytes) -> Result<void> {
        if (!outlet) {
            ONPUT_TRY(outlet, Outlet::open(options));
        }
        return outlet->write(bytes);
    };
    ONPUT_TRY(const auto result, call_worker(peers, "tts", schema::encode(speech), sink));
    if (outlet) ONPUT_TRY_VOID(outlet->close());
    return schema::decode<schema::SpeechSynthesized>(result);
}

Result<schema::VoiceList> list_voices(Peers& peers) {
    ONPUT_TRY(const auto result, call_worker(peers, "tts", schema::encode(schema::ListVoices{}),
                                             [](std::string_view) { return Result<void>(); }));
    return schema::decode<schema::VoiceList>(result);
}

}  // namespace

ExitCode run_speak(const GlobalOptions& global, const SpeakOptions& options) {
    // A player that is not there, or ends early, is an error of the write.
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("speak", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    const auto spoken = speak(peers, options);
    if (!spoken) return report("speak", spoken.error());
    if (!global.quiet) {
        fmt::print(stderr, "{} of speech, voice {}\n",
                   human_duration(std::chrono::milliseconds(spoken->duration_ms)), spoken->voice);
    }
    return ExitCode::ok;
}

ExitCode run_voices(const GlobalOptions& global, const VoicesOptions& options) {
    const auto instance = find_running(data_directory(global.data));
    if (!instance) return report("voices", instance.error());
    transport::Context context;
    transport::Loop loop(context);
    Peers peers(loop, *instance);
    auto list = list_voices(peers);
    if (!list) return report("voices", list.error());
    std::vector<speech::LanguageName> languages;
    for (const schema::VoiceInfo& voice : list->voices)
        languages.push_back({.code = voice.language_code, .name = voice.language_name});
    std::erase_if(list->voices, [&options](const schema::VoiceInfo& voice) {
        return !starts_with_ignoring_case(voice.language_code, options.language);
    });
    if (list->voices.empty()) {
        fmt::print(stderr, "No voice speaks '{}'; languages near it are {}.\n", options.language,
                   fmt::join(speech::near_languages(options.language, languages), ", "));
        return ExitCode::not_found;
    }
    if (global.output == OutputFormat::json) {
        fmt::print("{}\n", schema::to_json(*list));
        return ExitCode::ok;
    }
    Table table({"voice", "language", "", "gender", "engines"});
    for (const auto& voice : list->voices) {
        table.add({voice.id, voice.language_code, voice.language_name, voice.gender,
                   fmt::format("{}", fmt::join(voice.engines, ", "))});
    }
    fmt::print("{}", table.text());
    const bool has_natural = std::ranges::any_of(list->voices, [](const schema::VoiceInfo& voice) {
        return std::ranges::find(voice.engines, "neural") != voice.engines.end();
    });
    if (!has_natural && options.language.empty() && !global.quiet) {
        fmt::print(
            stderr,
            "No natural voice is installed: onput voices install hibari (English), or kokoro "
            "(six languages), then start the tts workers again.\n");
    }
    return ExitCode::ok;
}

}  // namespace onput::ctl
