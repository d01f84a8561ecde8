#include "module/build_id.hpp"

#include <cstdint>
#include <cstring>
#include <elf.h>
#include <link.h>
#include <string_view>

namespace ciam::module {
namespace {

struct Search {
    std::uintptr_t code;
    std::string found;
};

bool holds(const dl_phdr_info& file, std::uintptr_t address)
{
    for (int i = 0; i < file.dlpi_phnum; ++i) {
        const auto& segment = file.dlpi_phdr[i];
        const auto start = file.dlpi_addr + segment.p_vaddr;
        if (segment.p_type == PT_LOAD && address >= start && address < start + segment.p_memsz) {
            return true;
        }
    }
    return false;
}

std::size_t padded(std::size_t size)
{
    return (size + 3) / 4 * 4;
}

std::string hexadecimal(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto octet = static_cast<unsigned char>(c);
        text += digits[octet >> 4U];
        text += digits[octet & 15U];
    }
    return text;
}

std::string id_in_notes(std::string_view notes)
{
    constexpr std::string_view owner{"GNU\0", 4};
    while (notes.size() >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) head;
        std::memcpy(&head, notes.data(), sizeof(head));
        const auto text_at = sizeof(head) + padded(head.n_namesz);
        const auto end = text_at + padded(head.n_descsz);
        if (end > notes.size()) {
            break;
        }
        if (head.n_type == NT_GNU_BUILD_ID && notes.substr(sizeof(head), head.n_namesz) == owner) {
            return hexadecimal(notes.substr(text_at, head.n_descsz));
        }
        notes.remove_prefix(end);
    }
    return {};
}

int look_into(dl_phdr_info* file, std::size_t, void* data)
{
    auto& search = *static_cast<Search*>(data);
    if (!holds(*file, search.code)) {
        return 0;
    }
    for (int i = 0; i < file->dlpi_phnum && search.found.empty(); ++i) {
        const auto& segment = file->dlpi_phdr[i];
        if (segment.p_type == PT_NOTE) {
            const auto* start = reinterpret_cast<const char*>(file->dlpi_addr + segment.p_vaddr);
            search.found = id_in_notes({start, segment.p_memsz});
        }
    }
    return 1;
}

} // namespace

std::string build_id()
{
    Search search{reinterpret_cast<std::uintptr_t>(&look_into), {}};
    dl_iterate_phdr(look_into, &search);
    return search.found;
}

} // namespace ciam::module
