//! Names of the user's do no harm, whatever they are.
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, non_upper_case_globals)]

use std::future::ready as prompt;

mod shadowing {
    // All of these hide what generated code might lean on.
    pub struct Result;
    pub struct Option;
    pub struct Box;
    pub struct String;
    pub struct Vec;
    pub struct Send;
    pub struct Future;
    pub struct Self_;
    pub mod serde {}
    pub mod core {}
    pub mod std {}
    pub fn drop() {}
    pub const None: u32 = 1;

    #[allow(non_snake_case)]
    pub fn Ok() {}
    #[allow(non_snake_case)]
    pub fn Err() {}
    #[allow(non_snake_case)]
    pub fn Some() {}

    #[sayiir::task]
    pub async fn double(n: u32) -> u32 {
        n * 2
    }

    #[sayiir::workflow]
    pub async fn settle(n: u32) -> u32 {
        let once = double(n).await;
        let all = [once, double(once).await];
        sayiir::sleep!(5m).await;
        all[0] + all[1]
    }
}

mod names_like_ours {
    use sayiir::prelude::*;

    #[task]
    pub async fn input(input: u32, provided: u32, context: u32, value0: u32) -> u32 {
        input + provided + context + value0
    }

    #[workflow]
    pub async fn state(state: u32, step: u32, next: u32, leave: u32, entry: u32, slot0: u32) -> u32 {
        let exit = input(state, step, next, leave).await;
        let awaiting = input(entry, slot0, exit, 1).await;
        let mut output = Vec::new();
        let (value1, codec0, operation) = (1u32, 2u32, 3u32);
        let group = loop {
            let fault = input(value1, codec0, operation, awaiting).await;
            output.push(fault);
            if output.len() > 2 {
                break fault;
            }
        };
        group + awaiting + exit
    }

    #[workflow]
    pub async fn labels(n: u32) -> u32 {
        'machine: loop {
            'stretch: loop {
                let m = input(n, 1, 2, 3).await;
                if m > 1 {
                    break 'machine;
                }
                continue 'stretch;
            }
        }
        n
    }
}

mod inner {
    pub mod deeper {
        use sayiir::prelude::*;

        #[task]
        pub async fn double(n: u32) -> u32 {
            n * 2
        }

        #[workflow]
        pub(in crate::inner) async fn settle(n: u32) -> u32 {
            self::double(n).await + super::deeper::double(1).await
        }
    }

    pub fn use_it() {
        drop(deeper::settle(1));
    }
}

mod raw {
    use sayiir::prelude::*;

    #[task]
    pub async fn r#match(r#type: u32) -> u32 {
        r#type
    }

    #[workflow]
    pub async fn r#loop(r#fn: u32) -> u32 {
        let r#in = r#match(r#fn).await;
        let r#mod = r#match(r#in).await;
        signal!("go" as u32).await + r#in + r#mod
    }
}

mod renamed {
    use sayiir as durable;

    #[durable::task(crate = durable)]
    pub async fn double(n: u32) -> u32 {
        n * 2
    }

    #[durable::workflow(crate = durable)]
    pub async fn settle(n: u32) -> u32 {
        let once = double(n).await;
        durable::sleep!(5m).await;
        double(once).await
    }
}

mod attributes {
    use sayiir::prelude::*;

    #[task]
    pub async fn double(n: u32) -> u32 {
        n * 2
    }

    #[workflow]
    pub async fn settle(n: u32) -> u32 {
        #[cfg(any())]
        let never = unknown(n);
        #[allow(unused_variables)]
        let unused = double(n).await;
        #[cfg(any())]
        let once = unknown(n).await;
        #[cfg(not(any()))]
        let once = double(n).await;
        /// Items may have documentation.
        const STEP: u32 = 1;
        fn add(n: u32) -> u32 {
            n + STEP
        }
        #[rustfmt::skip]
        let twice = double(add(once)).await;
        match twice {
            1 => double(2).await,
            other => other,
        }
    }

    #[cfg(any())]
    #[workflow]
    pub async fn absent(n: u32) -> Unknown {
        n
    }
}

fn main() {
    use sayiir::prelude::*;

    #[task]
    async fn in_a_body(n: u32) -> u32 {
        prompt(n).await
    }

    #[workflow]
    async fn local(n: u32) -> u32 {
        let once = in_a_body(n).await;
        in_a_body(once).await
    }

    let _: Invocation<local> = local(1);
    inner::use_it();
    let _ = (shadowing::settle(1), raw::r#loop(1), renamed::settle(1), attributes::settle(1));
    let _ = (names_like_ours::state(1, 2, 3, 4, 5, 6), names_like_ours::labels(1));
}
