#include "services/gateway/polly/service.hpp"

#include <algorithm>
#include <array>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/polly/errors.hpp"
#include "services/gateway/polly/operation.hpp"

namespace onput::gateway::polly {
namespace {

constexpr std::array handlers{
    aws::Handler{"DeleteLexicon", &delete_lexicon},
    aws::Handler{"DescribeVoices", &describe_voices},
    aws::Handler{"GetLexicon", &get_lexicon},
    aws::Handler{"GetSpeechSynthesisTask", &get_speech_synthesis_task},
    aws::Handler{"ListLexicons", &list_lexicons},
    aws::Handler{"ListSpeechSynthesisTasks", &list_speech_synthesis_tasks},
    aws::Handler{"PutLexicon", &put_lexicon},
    aws::Handler{"StartSpeechSynthesisTask", &start_speech_synthesis_task},
    aws::Handler{"SynthesizeSpeech", &synthesize_speech},
};
static_assert(std::ranges::is_sorted(handlers, {}, &aws::Handler::operation));

// There are more voices and languages here than Polly's.
constexpr std::array<std::string_view, 2> own_members{"VoiceId", "LanguageCode"};

}  // namespace

const aws::Service& service() {
    static const aws::RestRouter router(aws::polly_model(), "SynthesizeSpeech");
    static const aws::Service polly{
        .name = "polly",
        .model = &aws::polly_model,
        .handlers = handlers,
        .rules = {.own_members = own_members},
        .asks = &asks,
        .router = &router,
        .name_of = [](const Error& error, aws::Protocol) { return name_of(error); },
        .refusal_reason = "ValidationException",
    };
    return polly;
}

}  // namespace onput::gateway::polly
