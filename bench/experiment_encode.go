package bench

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/pelletier/go-toml/v2"
)

// Encode writes the experiment as TOML, every key (warm_up, layer and readout where they are set), in
// the order of the struct.
// Of a resolved experiment it is the canonical form.
func (e *Experiment) Encode() []byte {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(e); err != nil {
		panic("bench: an Experiment cannot be encoded: " + err.Error())
	}
	return b.Bytes()
}

// Hash is the SHA-256 of Encode in hexadecimal: the config hash that datasets
// and the manifest carry. Take it of a resolved experiment, so that two ways to
// write the same one have one hash.
func (e *Experiment) Hash() string {
	sum := sha256.Sum256(e.Encode())
	return hex.EncodeToString(sum[:])
}
