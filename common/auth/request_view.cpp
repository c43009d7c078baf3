#include "common/auth/request_view.hpp"

#include "common/base/text.hpp"

namespace onput::auth {
std::optional<std::string_view> find_header(const RequestView& request, std::string_view name) {
    for (const Header& header : request.headers) {
        if (equal_ignoring_case(header.name, name)) return trimmed(header.value);
    }
    return {};
}

}  // namespace onput::auth
