// How Lambda's clients name a function, and read-back of the same. Pure.
//
//     resize   resize:live   000000000000:function:resize   arn:aws:lambda:R:A:function:resize:live
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace onput::gateway::lambda {

struct FunctionName {
    std::string name;
    std::string qualifier;     // A version, an alias or "$LATEST"; empty: none.
    std::string account = {};  // Of a function of another account; empty: the caller's.

    friend bool operator==(const FunctionName&, const FunctionName&) = default;
};

// `qualifier`: of the request's own parameter; both must agree. `account`: the caller's.
// invalid_argument, reason ValidationException: no name of a function; InvalidParameterValue: the
// two qualifiers differ. not_found, reason ResourceNotFound: of another account, where
// those are not admitted.
struct NameParts {
    std::string_view text;
    std::string_view qualifier = {};
    std::string_view account;
    bool admits_other_accounts = false;
};
Result<FunctionName> parse_function_name(const NameParts& parts);

}  // namespace onput::gateway::lambda
