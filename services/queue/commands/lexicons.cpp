#include "services/queue/commands/lexicons.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "services/queue/messages/rows.hpp"

namespace onput::queue {
namespace {

bool is_lexicon_name(std::string_view name) {
    const auto is_good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !name.empty() && name.size() <= lexicon_name_bytes_max &&
           std::ranges::all_of(name, is_good);
}

}  // namespace

const std::string& Lexicons::region_of(const Caller& caller) const {
    return caller.principal.region.empty() ? region_ : caller.principal.region;
}

std::string Lexicons::key_of(const std::string& name, const Caller& caller) const {
    return lexicon_key(caller.principal.account, region_of(caller), name);
}

Result<schema::LexiconInfo> Lexicons::find(const std::string& name, const Caller& caller) const {
    if (is_lexicon_name(name)) {
        ONPUT_TRY(const auto row, view_.get(partition, key_of(name, caller)));
        if (row) return schema::decode<schema::LexiconInfo>(*row);
    }
    return fail(ErrorCode::not_found, "Lexicon not found", "LexiconNotFoundException");
}

Result<schema::LexiconInfo> Lexicons::put(const schema::PutLexicon& request, const Caller& caller,
                                          Effects& effects) {
    schema::LexiconInfo kept = request.lexicon;
    const std::string& name = kept.lexicon.name;
    if (!is_lexicon_name(name)) {
        return fail(ErrorCode::invalid_argument, "a lexicon's name is 1 to 20 letters and digits",
                    "ValidationException");
    }
    const std::string key = key_of(name, caller);
    ONPUT_TRY(const auto old, view_.get(partition, key));
    if (!old) {
        ONPUT_TRY(const auto others, list({}, caller));
        if (others.lexicons.size() >= lexicons_per_region_max) {
            return fail(ErrorCode::resource_exhausted,
                        fmt::format("The maximum number of lexicons, {}, has been reached",
                                    lexicons_per_region_max),
                        "MaxLexiconsNumberExceededException");
        }
    }
    kept.arn = fmt::format("arn:aws:polly:{}:{}:lexicon/{}", region_of(caller),
                           caller.principal.account, name);
    kept.modified_at = caller.now;
    effects.batch().put(key, schema::encode(kept));
    return kept;
}

Result<schema::LexiconInfo> Lexicons::get(const schema::GetLexicon& request,
                                          const Caller& caller) const {
    return find(request.name, caller);
}

Result<schema::LexiconList> Lexicons::list(const schema::ListLexicons&,
                                           const Caller& caller) const {
    schema::LexiconList list;
    const auto rows = lexicon_rows(caller.principal.account, region_of(caller));
    ONPUT_TRY_VOID(for_each_row(view_, rows, [&list](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto lexicon, schema::decode<schema::LexiconInfo>(row.value));
        lexicon.lexicon.content.clear();
        list.lexicons.push_back(std::move(lexicon));
        return {};
    }));
    return list;
}

Result<schema::Empty> Lexicons::remove(const schema::DeleteLexicon& request, const Caller& caller,
                                       Effects& effects) {
    ONPUT_TRY_VOID(find(request.name, caller));
    effects.batch().remove(key_of(request.name, caller));
    return schema::Empty{};
}

}  // namespace onput::queue
