// How identities are refused: by IAM's names and texts.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "common/base/result.hpp"
#include "common/schema/identity.hpp"

namespace onput::storage {

inline std::unexpected<Error> no_such_entity(std::string message) {
    return fail(ErrorCode::not_found, std::move(message), "NoSuchEntity");
}

inline std::unexpected<Error> invalid_value(std::string_view value, std::string_view member,
                                            std::string_view constraint) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("1 validation error detected: Value '{}' at '{}' failed to satisfy "
                            "constraint: {}",
                            value.substr(0, 128), member, constraint),
                "ValidationError");
}

inline std::unexpected<Error> quota_reached(std::string_view quota, std::size_t most) {
    return fail(ErrorCode::resource_exhausted,
                fmt::format("Cannot exceed quota for {}: {}", quota, most), "LimitExceeded");
}

inline std::unexpected<Error> delete_conflict(std::string message) {
    return fail(ErrorCode::conflict, std::move(message), "DeleteConflict");
}

}  // namespace onput::storage
