// RequestValues: what a request has to say to conditions and policy variables, by the names of
// AWS's condition keys. A key that is not there is absent, which conditions can tell from one that
// is empty. It also counts what the decision about the request costs. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/auth/wildcard.hpp"

namespace onput::auth {

class RequestValues {
public:
    // `key` in lower case, but for the name of a tag of S3's: "aws:sourceip",
    // "aws:resourcetag/project", "s3:existingobjecttag/Project". Each key once.
    void set(std::string_view key, std::string value) {
        entries_.emplace_back(key, std::vector<std::string>{std::move(value)});
    }
    // A key that may have several values, if only none.
    void set_all(std::string_view key, std::vector<std::string> values) {
        entries_.emplace_back(key, std::move(values));
    }

    // Null: the request has no such key.
    [[nodiscard]] const std::vector<std::string>* find(std::string_view key) const {
        for (const auto& [name, values] : entries_) {
            if (name == key) return &values;
        }
        return nullptr;
    }

    // Of the one decision that these values are for. When it is spent, the decision is a denial.
    [[nodiscard]] MatchWork& work() const { return work_; }

private:
    std::vector<std::pair<std::string, std::vector<std::string>>> entries_;
    mutable MatchWork work_;
};

}  // namespace onput::auth
