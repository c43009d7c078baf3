#include "services/ctl/log_text.hpp"

#include "common/base/printable.hpp"

namespace onput::ctl {

std::string printable_log(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t tab = text.find('\t');
        shown += printable_lines(text.substr(0, tab));
        if (tab == std::string_view::npos) break;
        shown += '\t';
        text.remove_prefix(tab + 1);
    }
    return shown;
}

}  // namespace onput::ctl
