// PutLexicon, GetLexicon, ListLexicons, DeleteLexicon.
#include <utility>

#include "common/base/utf8.hpp"
#include "common/speech/lexicon.hpp"
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/polly/operation.hpp"
#include "services/gateway/polly/request.hpp"

namespace onput::gateway::polly {
namespace {

Value describe_attributes(const schema::LexiconInfo& lexicon) {
    Value attributes;
    attributes["Alphabet"] = Value(lexicon.alphabet);
    attributes["LanguageCode"] = Value(lexicon.language_code);
    attributes["LastModified"] = Value(to_millis(lexicon.modified_at));
    attributes["LexiconArn"] = Value(lexicon.arn);
    attributes["LexemesCount"] = Value(static_cast<std::int64_t>(lexicon.lexemes));
    attributes["Size"] = Value(static_cast<std::int64_t>(lexicon.characters));
    return attributes;
}

std::unexpected<Error> invalid_token() {
    return fail(ErrorCode::invalid_argument, "The NextToken is invalid.",
                "InvalidNextTokenException");
}

}  // namespace

Result<std::string> page_of(const Value& input) {
    auto place = aws::place_of(input);
    if (!place) return invalid_token();
    return place;
}

Result<void> refuse_page_token(const Value& input) {
    if (input.text_of(std::string(aws::page_token_member)).empty()) return {};
    return invalid_token();
}

http::Task<Result<void>> fetch_lexicons(Call& call, schema::SynthesizeSpeech& speech) {
    for (schema::Lexicon& lexicon : speech.lexicons) {
        const schema::GetLexicon message{.name = lexicon.name};
        auto found = co_await call.context.call(message);
        if (!found) co_return std::unexpected(std::move(found).error());
        lexicon = std::move(found->reply.lexicon);
    }
    co_return Result<void>();
}

Outcome put_lexicon(Call& call) {
    schema::PutLexicon message;
    message.lexicon.lexicon = {.name = call.input.text_of("Name"),
                               .content = call.input.text_of("Content")};
    const auto parsed = speech::parse_lexicon(message.lexicon.lexicon.content,
                                              call.context.shared.config.lexicon_characters_max);
    if (!parsed) co_return std::unexpected(parsed.error());
    message.lexicon.alphabet = speech::name_of(parsed->alphabet);
    message.lexicon.language_code = parsed->language;
    message.lexicon.characters =
        static_cast<std::uint32_t>(count_characters(message.lexicon.lexicon.content));
    message.lexicon.lexemes = static_cast<std::uint32_t>(parsed->lexemes.size());
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

Outcome get_lexicon(Call& call) {
    const schema::GetLexicon message{.name = call.input.text_of("Name")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    const schema::LexiconInfo& found = answer->reply;
    Value result;
    result["Lexicon"]["Name"] = Value(found.lexicon.name);
    result["Lexicon"]["Content"] = Value(found.lexicon.content);
    result["LexiconAttributes"] = describe_attributes(found);
    co_return result;
}

Outcome list_lexicons(Call& call) {
    const auto first_page = refuse_page_token(call.input);
    if (!first_page) co_return std::unexpected(first_page.error());
    const schema::ListLexicons message;
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    Value result;
    result["Lexicons"] = Value(Value::List());
    for (const auto& lexicon : answer->reply.lexicons) {
        Value described;
        described["Name"] = Value(lexicon.lexicon.name);
        described["Attributes"] = describe_attributes(lexicon);
        result["Lexicons"].push_back(std::move(described));
    }
    co_return result;
}

Outcome delete_lexicon(Call& call) {
    const schema::DeleteLexicon message{.name = call.input.text_of("Name")};
    const auto answer = co_await call.context.call(message);
    if (!answer) co_return std::unexpected(answer.error());
    co_return Value();
}

}  // namespace onput::gateway::polly
