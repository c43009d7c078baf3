// SynthesizeSpeech, DescribeVoices.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/gateway/aws/directory.hpp"
#include "services/gateway/polly/operation.hpp"
#include "services/gateway/polly/request.hpp"
#include "services/gateway/worker_calls.hpp"

namespace onput::gateway::polly {
namespace {

// A piece is a sentence: a slow voice may speak a long one for most of a minute, on a busy machine.
constexpr Duration piece_timeout = std::chrono::minutes(2);

Value describe_speech(const schema::SynthesizeSpeech& speech) {
    Value result;
    result["ContentType"] = Value(content_type_of(speech.format));
    result["RequestCharacters"] =
        Value(static_cast<std::int64_t>(count_spoken(speech.text, speech.is_ssml)));
    return result;
}

// Once the head has left, a failure can only cut the answer off.
http::Task<Result<void>> stream(Call& call, WorkerCall& speech, WorkerCall::Piece piece) {
    auto& exchange = call.context.exchange;
    while (true) {
        if (!piece.bytes.empty()) ONPUT_CO_TRY_VOID(co_await exchange.write(piece.bytes));
        if (piece.is_last) co_return co_await exchange.finish();
        auto next = co_await speech.next();
        if (!next) co_return std::unexpected(std::move(next).error());
        piece = std::move(*next);
    }
}

Value describe_voice(const schema::VoiceInfo& voice) {
    Value described;
    described["Id"] = Value(voice.id);
    described["Name"] = Value(voice.name);
    described["Gender"] = Value(voice.gender);
    described["LanguageCode"] = Value(voice.language_code);
    described["LanguageName"] = Value(voice.language_name);
    for (const auto& engine : voice.engines) described["SupportedEngines"].push_back(Value(engine));
    for (const auto& code : voice.additional_language_codes)
        described["AdditionalLanguageCodes"].push_back(Value(code));
    return described;
}

// Of DescribeVoices' filters.
bool fits(const schema::VoiceInfo& voice, const Value& input) {
    const std::string engine = input.text_of("Engine");
    const std::string code = input.text_of("LanguageCode");
    const auto has = [](const std::vector<std::string>& all, const std::string& one) {
        return std::ranges::find(all, one) != all.end();
    };
    if (!engine.empty() && !has(voice.engines, engine)) return false;
    if (code.empty() || voice.language_code == code) return true;
    // A voice of ours may have a language without a region: "vi" speaks vi-VN.
    if (voice.language_code == code.substr(0, code.find('-'))) return true;
    return input.text_of("IncludeAdditionalLanguageCodes") == "true" &&
           has(voice.additional_language_codes, code);
}

}  // namespace

Outcome synthesize_speech(Call& call) {
    const Config& config = call.context.shared.config;
    auto speech = read_synthesize_speech(call.input, config.speech_characters_max);
    if (!speech) co_return std::unexpected(std::move(speech).error());
    speech->duration_ms_max = config.speech_seconds_max * 1000;
    const auto filled = co_await fetch_lexicons(call, *speech);
    if (!filled) co_return std::unexpected(filled.error());
    WorkerCall made(call.context, std::string(worker_kind), schema::encode(*speech), piece_timeout);
    auto first = co_await made.next();
    if (!first) co_return std::unexpected(std::move(first).error());
    const auto begun = aws::begin_stream(call, aws::polly_model(), describe_speech(*speech));
    if (!begun) co_return std::unexpected(begun.error());
    const auto streamed = co_await stream(call, made, std::move(*first));
    if (!streamed) {
        if (streamed.error().reason != "client_gone") note_failure(call.context, streamed.error());
        call.context.exchange.abort();
    }
    co_return Value();
}

Outcome describe_voices(Call& call) {
    const auto first_page = refuse_page_token(call.input);
    if (!first_page) co_return std::unexpected(first_page.error());
    WorkerCall asked(call.context, std::string(worker_kind), schema::encode(schema::ListVoices{}));
    auto piece = co_await asked.next();
    if (!piece) co_return std::unexpected(std::move(piece).error());
    const auto list = schema::decode<schema::VoiceList>(piece->result);
    if (!list) co_return std::unexpected(list.error());
    Value result;
    result["Voices"] = Value(Value::List());
    for (const auto& voice : list->voices) {
        if (fits(voice, call.input)) result["Voices"].push_back(describe_voice(voice));
    }
    co_return result;
}

}  // namespace onput::gateway::polly
