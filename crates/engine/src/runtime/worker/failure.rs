//! Why a cohort failed, by the message of what failed.

use crate::backend::gpu::{OTHER_LIBTORCH, has_no_code};

/// Characters of a failure's message in the journal.
const MOST_OF_A_MESSAGE: usize = 2_000;

/// Why a cohort did not come to its end.
pub(super) enum Failure {
    /// Its seeds did not fit into memory together.
    OutOfMemory(String),
    /// The device does not answer any more.
    DeviceLost(String),
    Other(String),
}

impl Failure {
    /// By the text of LibTorch's message, which is all it gives.
    pub(super) fn of(message: String) -> Self {
        // Where memory runs out while another thread records a step, LibTorch's allocator only says that it cannot look
        // for more then.
        const OUT_OF_MEMORY: [&str; 4] =
            ["out of memory", "can't allocate memory", "STATUS_ALLOC_FAILED", "captures_underway.empty()"];
        // After one of these the CUDA context is of no use until the process ends.
        const LOST: [&str; 3] = ["CUDA error", "CUBLAS_STATUS", "CUDNN_STATUS"];
        if OUT_OF_MEMORY.iter().any(|text| message.contains(text)) {
            Self::OutOfMemory(message)
        } else if has_no_code(&message) {
            Self::DeviceLost(format!("this LibTorch has no code for the GPU; {OTHER_LIBTORCH} ({message})"))
        } else if LOST.iter().any(|text| message.contains(text)) {
            Self::DeviceLost(message)
        } else {
            Self::Other(message)
        }
    }
}

/// What the journal takes of a message; the log has all of it.
pub(super) fn shortened(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MOST_OF_A_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(shortened("é".repeat(2_000)), "é".repeat(2_000));
        assert_eq!(shortened("é".repeat(5_000)), "é".repeat(2_000) + "…");
    }

    #[test]
    fn failures_are_distinguished_by_torchs_messages() {
        let of = |message: &str| Failure::of(message.to_owned());
        let memory = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79 GiB";
        assert!(matches!(of(memory), Failure::OutOfMemory(_)));
        let memory = "CUDA error: out of memory";
        assert!(matches!(of(memory), Failure::OutOfMemory(_)));
        let memory =
            "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried";
        assert!(matches!(of(memory), Failure::OutOfMemory(_)));
        for memory in [
            "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
            "captures_underway.empty() INTERNAL ASSERT FAILED at \"CUDACachingAllocator.cpp\":3089",
        ] {
            assert!(matches!(of(memory), Failure::OutOfMemory(_)), "{memory}");
        }
        let code = "CUDA error: no kernel image is available for execution on the device";
        assert!(matches!(of(code), Failure::DeviceLost(why) if why.contains("no code for the GPU")));
        let lost = "CUDA error: an illegal memory access was encountered";
        assert!(matches!(of(lost), Failure::DeviceLost(_)));
        assert!(matches!(of("mat1 and mat2 shapes cannot be multiplied"), Failure::Other(_)));
    }
}
