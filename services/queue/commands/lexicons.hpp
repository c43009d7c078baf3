// Lexicons: the pronunciations that clients keep for speech (common/schema/speech.hpp), each of one
// account and region. Nothing of them is in memory.
#pragma once

#include <string>

#include "common/schema/speech.hpp"
#include "common/service/caller.hpp"
#include "common/store/store.hpp"
#include "services/queue/effects.hpp"

namespace onput::queue {

using service::Caller;

// Polly's.
inline constexpr std::size_t lexicons_per_region_max = 100;
inline constexpr std::size_t lexicon_name_bytes_max = 20;

class Lexicons {
public:
    // `region`: of callers that name none.
    Lexicons(const store::View& view, std::string region)
        : view_(view), region_(std::move(region)) {}

    Result<schema::LexiconInfo> put(const schema::PutLexicon& request, const Caller& caller,
                                    Effects& effects);
    Result<schema::LexiconInfo> get(const schema::GetLexicon& request, const Caller& caller) const;
    Result<schema::LexiconList> list(const schema::ListLexicons& request,
                                     const Caller& caller) const;
    Result<schema::Empty> remove(const schema::DeleteLexicon& request, const Caller& caller,
                                 Effects& effects);

private:
    [[nodiscard]] const std::string& region_of(const Caller& caller) const;
    [[nodiscard]] std::string key_of(const std::string& name, const Caller& caller) const;
    Result<schema::LexiconInfo> find(const std::string& name, const Caller& caller) const;

    const store::View& view_;
    std::string region_;
};

}  // namespace onput::queue
