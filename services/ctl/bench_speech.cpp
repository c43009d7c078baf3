// `onput bench speak`: SynthesizeSpeech of short texts: when the sound begins, and whole answers.
#include <fmt/format.h>

#include "services/ctl/bench_requests.hpp"

namespace onput::ctl {
namespace {

constexpr std::uint64_t characters_default = 200;

// English words, so many characters.
std::string text_of(std::uint64_t characters) {
    constexpr std::string_view words =
        "The upload is the transaction. Whatever happens to a machine, each event that it should "
        "cause is durable before the answer, and you can watch it become speech. ";
    std::string text;
    while (text.size() < characters) text += words;
    text.resize(characters);
    return text;
}

}  // namespace

Result<BenchResult> bench_speak(const Instance& instance, const BenchOptions& options) {
    const std::uint64_t characters =
        options.size_bytes != 0 ? options.size_bytes : characters_default;
    const std::uint32_t clients = std::max(options.clients, 1U);
    const std::string engine =
        options.engine.empty() ? "" : fmt::format(R"(,"Engine":"{}")", options.engine);
    BenchRequests requests(
        instance,
        {.service = "polly",
         .body = fmt::format(R"({{"Text":"{}","VoiceId":"Joanna","OutputFormat":"mp3"{}}})",
                             text_of(characters), engine)});
    const auto make = [&requests](std::uint64_t) { return requests.make("POST", "/v1/speech"); };
    auto load = run_load({.url = instance.url,
                          .clients = clients,
                          .duration = std::chrono::seconds(options.seconds)},
                         make);
    const Duration first_byte = load ? load->first_byte_percentile(0.5) : Duration(0);
    ONPUT_TRY(auto result,
              summarise(fmt::format("SynthesizeSpeech of {} characters to mp3, {} clients",
                                    characters, clients),
                        std::move(load), "speech"));
    result.metrics.emplace_back("first byte p50 ms",
                                std::chrono::duration<double, std::milli>(first_byte).count());
    return result;
}

}  // namespace onput::ctl
