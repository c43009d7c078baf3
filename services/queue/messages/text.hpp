// Texts of others, cut to a size and made fit to be shown. Pure.
#pragma once

#include <string>
#include <string_view>

namespace onput::queue {

// At most so many bytes from the front; a UTF-8 character is not cut in two.
std::string cut_bytes(std::string_view text, std::size_t bytes_max);

// One line for a subject: at most so many characters; control characters become spaces, and what is
// not ASCII '?' when the text is not UTF-8.
std::string one_line(std::string_view text, std::size_t characters_max);

}  // namespace onput::queue
