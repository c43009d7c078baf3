#include "services/ctl/dead_letters.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "services/ctl/output.hpp"

namespace onput::ctl {

Result<schema::ListDeadLetters> which_letters(const std::string& subject) {
    schema::ListDeadLetters request;
    if (!subject.starts_with("s3:")) {
        request.queue = subject;
        return request;
    }
    ONPUT_TRY(const auto url, parse_object_url(subject));
    request.bucket = url.bucket;
    request.key = url.key;
    return request;
}

Result<schema::DeadLetterList> list_letters(Peers& peers, schema::ListDeadLetters request,
                                            std::size_t letters_max) {
    schema::DeadLetterList all;
    do {
        request.letters_max = static_cast<std::uint32_t>(std::min<std::size_t>(
            letters_max - all.letters.size(), schema::dead_letters_listed_max));
        auto page = peers.ask(peers.queue(), request);
        if (!page) {
            if (page.error().reason != "QueueDoesNotExist") return std::unexpected(page.error());
            return fail(ErrorCode::not_found,
                        fmt::format("there is no queue {}; onput failures lists those that hold "
                                    "dead letters",
                                    request.queue));
        }
        std::ranges::move(page->letters, std::back_inserter(all.letters));
        request.after = page->next_after;
    } while (!request.after.empty() && all.letters.size() < letters_max);
    all.next_after = request.after;
    return all;
}

}  // namespace onput::ctl
