#include "common/base/crc_combine.hpp"

#include "common/base/check.hpp"

// A CRC is the remainder of the bytes as a polynomial over GF(2). A piece behind the first one
// shifts that by 8 bits a byte: its CRC times x^(8n), modulo the CRC's polynomial. All CRCs here
// are reflected: the highest bit of a word is the coefficient of x^0.
namespace onput {
namespace {

template <typename Word>
constexpr Word highest_bit = Word{1} << (sizeof(Word) * 8 - 1);

// a * b modulo the polynomial.
template <typename Word>
Word multiply(Word a, Word b, Word polynomial) {
    Word product = 0;
    for (Word bit = highest_bit<Word>; bit != 0; bit >>= 1) {
        if ((a & bit) != 0) product ^= b;
        b = (b & 1) != 0 ? static_cast<Word>((b >> 1) ^ polynomial) : static_cast<Word>(b >> 1);
    }
    return product;
}

// x^(8 * bytes) modulo the polynomial.
template <typename Word>
Word shift_by(std::uint64_t bytes, Word polynomial) {
    Word result = highest_bit<Word>;       // x^0
    Word power = highest_bit<Word> >> 8U;  // x^8
    for (; bytes != 0; bytes >>= 1U) {
        if ((bytes & 1U) != 0) result = multiply(result, power, polynomial);
        power = multiply(power, power, polynomial);
    }
    return result;
}

template <typename Word>
Word read(std::string_view bytes) {
    ONPUT_CHECK(bytes.size() == sizeof(Word));
    Word word = 0;
    for (const char byte : bytes) {
        word = static_cast<Word>(word << 8U | static_cast<unsigned char>(byte));
    }
    return word;
}

template <typename Word>
std::string combine(std::string_view first, std::string_view second, std::uint64_t second_bytes,
                    Word polynomial) {
    const Word shift = shift_by<Word>(second_bytes, polynomial);
    Word word = multiply<Word>(read<Word>(first), shift, polynomial) ^ read<Word>(second);
    std::string bytes(sizeof(Word), '\0');
    for (std::size_t i = bytes.size(); i > 0; --i, word = static_cast<Word>(word >> 8U)) {
        bytes[i - 1] = static_cast<char>(static_cast<unsigned char>(word));
    }
    return bytes;
}

}  // namespace

std::string combine_crc(DigestAlgorithm algorithm, std::string_view first, std::string_view second,
                        std::uint64_t second_bytes) {
    constexpr std::uint32_t crc32_polynomial = 0xEDB88320;
    constexpr std::uint32_t crc32c_polynomial = 0x82F63B78;
    constexpr std::uint64_t crc64nvme_polynomial = 0x9A6C9329AC4BC9B5;
    switch (algorithm) {
        case DigestAlgorithm::crc32:
            return combine<std::uint32_t>(first, second, second_bytes, crc32_polynomial);
        case DigestAlgorithm::crc32c:
            return combine<std::uint32_t>(first, second, second_bytes, crc32c_polynomial);
        case DigestAlgorithm::crc64nvme:
            return combine<std::uint64_t>(first, second, second_bytes, crc64nvme_polynomial);
        default: check_failed("only CRCs can be combined", __FILE__, __LINE__);
    }
}

}  // namespace onput
